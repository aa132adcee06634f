import type { AgedNumbers, ExchangeRequest } from '../../../src/core/exchange.ts'

export function aged(numbers: readonly number[] = [], agesMs: readonly number[] = numbers.map(() => 0)): AgedNumbers {
  return { numbers: Uint32Array.from(numbers), agesMs: Uint32Array.from(agesMs) }
}

/** A call of an isolate that carries nothing else. */
export function request(changes: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return {
    room: 'r',
    isolate: 'i',
    run: 1,
    joins: [],
    claims: [],
    leaves: [],
    departures: aged(),
    presence: aged(),
    failures: 0,
    honoured: 0,
    ...changes,
  }
}
