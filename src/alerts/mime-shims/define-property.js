/** In place of Babel's helper and the core-js behind it: class fields as the language itself defines them. */
export default (object, key, value) =>
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
