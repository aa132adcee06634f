/** One box in the navigation that narrows all lists of rooms on the page. */

/** With fewer rooms the page has no box. */
const ROOMS_MIN = 9

interface Props {
  readonly filter: string
  readonly shown: number
  readonly all: number
  readonly onFilter: (filter: string) => void
}

export function RoomFilter({ filter, shown, all, onFilter }: Props) {
  return (
    <div class="field filter">
      <label for="room-filter">Find a room</label>
      <input
        id="room-filter"
        type="search"
        autocomplete="off"
        placeholder="Name, host or path"
        value={filter}
        onInput={(event: Event) => onFilter((event.target as HTMLInputElement).value)}
      />
      <p class="muted" aria-live="polite">
        {filter.trim() !== '' && `${shown.toLocaleString()} of ${all.toLocaleString()} rooms`}
      </p>
    </div>
  )
}

export function hasFilter(rooms: readonly unknown[]): boolean {
  return rooms.length >= ROOMS_MIN
}

/** Whether each word of the filter is in one of the texts, whatever its case. */
export function isFound(filter: string, ...texts: readonly string[]): boolean {
  const words = filter.toLowerCase().split(/\s+/)
  return words.every((word) => texts.some((text) => text.toLowerCase().includes(word)))
}

export function notFoundText(filter: string): string {
  return `No room is found for “${filter}”.`
}
