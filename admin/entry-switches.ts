/**
 * The settings of fair entry that operators change while the room runs. A new setting needs only an
 * entry here: the page, its notices and the audit log follow.
 */

export interface EntrySwitch {
  readonly name: string
  readonly label: string
  /** The effect, in a sentence. */
  readonly note: string
  readonly values: readonly EntryValue[]
}

export interface EntryValue {
  readonly value: string | boolean | number
  readonly text: string
}

const FLAG: readonly EntryValue[] = [
  { value: false, text: 'off' },
  { value: true, text: 'on' },
]

/** Every value of the API, so that each deployed one can be shown. */
const BITS: readonly EntryValue[] = Array.from({ length: 25 }, (_, bits) => ({ value: bits, text: String(bits) }))

export const ENTRY_SWITCHES: readonly EntrySwitch[] = [
  {
    name: 'queueing_method',
    label: 'Queueing method',
    note: 'In order, in random rounds, observed only (nobody is held), or refused instead of waiting.',
    values: [
      { value: 'fifo', text: 'in order' },
      { value: 'random', text: 'random' },
      { value: 'passthrough', text: 'observe only' },
      { value: 'reject', text: 'refuse' },
    ],
  },
  {
    name: 'turnstile_mode',
    label: 'Check before joining',
    note: 'Newcomers pass Turnstile first. Without the deployed keys of a widget, nobody is checked.',
    values: [
      { value: 'off', text: 'off' },
      { value: 'invisible', text: 'invisible' },
      { value: 'visible_non_interactive', text: 'visible, no click' },
      { value: 'visible_managed', text: 'visible, may ask for a click' },
    ],
  },
  {
    name: 'turnstile_action',
    label: 'After a failed check',
    note: 'Newcomers who fail either join and are counted, or wait forever without being told.',
    values: [
      { value: 'log', text: 'join, counted' },
      { value: 'infinite_queue', text: 'infinite queue' },
    ],
  },
  {
    name: 'join_limit',
    label: 'Join limits',
    note: 'Limits the newcomers from one address, network or bound client. Others retry.',
    values: FLAG,
  },
  {
    name: 'proof_of_work',
    label: 'Proof of work',
    note: 'Browsers of newcomers solve a task first: all of them, or those from busy networks.',
    values: [
      { value: 'off', text: 'off' },
      { value: 'fixed', text: 'everyone' },
      { value: 'auto', text: 'busy networks' },
    ],
  },
  {
    name: 'proof_of_work_bits',
    label: 'Bits of work',
    note: 'Each bit doubles the work. For busy networks it is the most that is asked for.',
    values: BITS,
  },
  {
    name: 'require_access_key',
    label: 'Access keys only',
    note: 'Newcomers without an access key get a page that says they need an invitation.',
    values: FLAG,
  },
]

/** The words for a value; null: it is not one of a switch. */
export function entryValueText(name: string, value: unknown): string | null {
  const { values = [] } = ENTRY_SWITCHES.find((one) => one.name === name) ?? {}
  return values.find((one) => one.value === value)?.text ?? null
}
