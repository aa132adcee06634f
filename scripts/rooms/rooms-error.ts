/** A failure that its message explains. */
export class RoomsError extends Error {
  override name = 'RoomsError'
}
