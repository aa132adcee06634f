/** The test vectors of docs/draw.md, computed in Python, independently of src/core/draw.ts. */
const SECRET = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const RANDOMNESS = '1c26c5668e69e892e29576c7d33da04e36d8a234dd4401ca769660d3f62111b3'

export const COMMITMENT = '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd'

export interface DrawVector {
  readonly input: { secret: string; run: number; first: number; end: number; randomness: string | null }
  readonly seed: string
  /** Pairs of an entry's number and its rank. */
  readonly ranks: readonly (readonly [entry: number, rank: number])[]
}

export const DRAW_VECTORS: readonly DrawVector[] = [
  {
    input: { secret: SECRET, run: 1, first: 1, end: 11, randomness: null },
    seed: '317b5f5f3e6894af68e7fd28c8c1b83a5c7e6289ff431768f81617037d395959',
    ranks: [0, 7, 1, 4, 6, 5, 3, 2, 9, 8].map((rank, index) => [1 + index, rank]),
  },
  {
    input: { secret: SECRET, run: 1, first: 1, end: 11, randomness: RANDOMNESS },
    seed: 'd6c8bf8d947cb781df3338067e1b3991e0b8b5ca056bdb8ab25463e7fc07e06f',
    ranks: [0, 4, 3, 8, 9, 6, 5, 2, 7, 1].map((rank, index) => [1 + index, rank]),
  },
  {
    input: { secret: SECRET, run: 2, first: 5000, end: 9097, randomness: RANDOMNESS },
    seed: 'ceb7dff44f8e136dd7396c69e1c79d8a4d6d2ff69c3c48fd45717e3fe3ff208d',
    ranks: [
      [5000, 875],
      [5001, 632],
      [7000, 910],
      [9096, 1048],
    ],
  },
  {
    input: { secret: SECRET, run: 7, first: 123_456, end: 1_123_456, randomness: RANDOMNESS },
    seed: '19b7af3749a2b025cd60f899ad3346457a265f880babffef722795f5beebcbe4',
    ranks: [
      [123_456, 984_644],
      [123_457, 134_389],
      [600_000, 952_987],
      [1_123_455, 312_981],
    ],
  },
  {
    input: { secret: SECRET, run: 7, first: 1, end: 1_048_578, randomness: null },
    seed: '258fcbbb7b13692748630385db2a357cd1f8cbcf12cbe0cbfa692bc8a51a1d08',
    ranks: [
      [1, 163_130],
      [2, 532_833],
      [524_289, 244_855],
      [1_048_577, 18_188],
    ],
  },
  {
    input: { secret: SECRET, run: 1, first: 1, end: 2_147_483_647, randomness: RANDOMNESS },
    seed: 'c089ee292a876744e6ddc30486f645dde989e063c4c1f6633eed4299a1cd3c37',
    ranks: [
      [1, 304_817_330],
      [2, 2_100_466_964],
      [1_073_741_824, 45_636_800],
      [2_147_483_646, 1_261_006_700],
    ],
  },
]
