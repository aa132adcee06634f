/** Solves the proof of work, independently of the Worker's and the page's code. */
import { createHash } from 'node:crypto'
import type { Reply, Visitor } from './visitor.ts'

export interface Task {
  readonly id: string
  readonly bits: number
  readonly challenge: string
}

/** Leading zero bits of SHA-256 of `id:nonce`, 32 at most. */
export function bitsOf(id: string, nonce: number): number {
  return Math.clz32(createHash('sha256').update(`${id}:${nonce}`).digest().readUInt32BE())
}

export function solve({ id, bits }: Task): number {
  let nonce = 0
  while (bitsOf(id, nonce) < bits) nonce++
  return nonce
}

/** A nonce with fewer bits than asked for. */
export function failToSolve({ id, bits }: Task): number {
  let nonce = 0
  while (bitsOf(id, nonce) >= bits) nonce++
  return nonce
}

/** The task of a check page. */
export function taskOf(page: Reply): Task {
  const [, id = '', bits = ''] = /data-id="([^"]*)" data-bits="([^"]*)"/.exec(page.text) ?? []
  const [, challenge = ''] = /name="challenge" value="([^"]*)"/.exec(page.text) ?? []
  if (challenge === '') throw new Error(`no task: ${page.status} ${page.text}`)
  return { id, bits: Number(bits), challenge }
}

/** Posts these fields as the page of a room does. */
export function postCheck(visitor: Visitor, fields: Readonly<Record<string, string>>, back = '/echo'): Promise<Reply> {
  const room = visitor.host.replace('.test', '')
  return visitor.post(
    `/__waiting-room/join-check?room=${room}&return=${back}`,
    new URLSearchParams(fields).toString(),
    {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Sec-Fetch-Site': 'same-origin',
    },
  )
}

export function postSolution(visitor: Visitor, task: Task, nonce = solve(task)): Promise<Reply> {
  return postCheck(visitor, { challenge: task.challenge, nonce: String(nonce) })
}
