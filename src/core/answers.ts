/** What the line answers to newcomers and to those who claim. */

export type JoinAnswer =
  | { readonly state: 'waiting'; readonly number: number }
  | { readonly state: 'active'; readonly number: number }
  /** Turned away. `why`: otherwise than by a full line; a reader that does not know it says "full". */
  | { readonly state: 'full'; readonly why?: 'closed' | 'suspended' }

export type ClaimAnswer =
  | { readonly state: 'active' }
  | { readonly state: 'waiting'; readonly position: number }
  | { readonly state: 'gone' }

export interface ClaimDetails {
  /** It is the beacon that asks. */
  readonly beacon: boolean
  /** Someone touched the page since the last beacon. */
  readonly touched: boolean
}
