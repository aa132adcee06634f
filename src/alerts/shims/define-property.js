/**
 * Replaces Babel's helper, which pulls in core-js, with the language's own definition of class
 * fields.
 */
export default (object, key, value) =>
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
