// A proxy that adds a script to each page, and does nothing else.
export default {
  async fetch(request) {
    const response = await fetch(request)
    const append = { element: (head) => head.append('<script src="/added.js"></script>', { html: true }) }
    return new HTMLRewriter().on('head', append).transform(response)
  },
}
