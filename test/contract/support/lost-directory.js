/**
 * The entry of a build whose directory of rooms can be out of reach: `lost` answers with an error,
 * `hangs` not at all. The built Worker is `shipped.js` in the same folder.
 */
import shipped, { Directory as ShippedDirectory } from './shipped.js'

export * from './shipped.js'

/** Of the whole process; null: as the binding TEST_DIRECTORY says. */
let state = null

export default {
  ...shipped,
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/test-directory/')) return shipped.fetch(request, env, ctx)
    state = pathname.slice('/test-directory/'.length)
    return new Response(state)
  },
}

export class Directory extends ShippedDirectory {
  async read(knownVersion) {
    const now = state ?? this.env.TEST_DIRECTORY
    if (now === 'lost') throw new Error('The test has lost the directory')
    if (now === 'hangs') await scheduler.wait(3_600_000)
    return super.read(knownVersion)
  }
}
