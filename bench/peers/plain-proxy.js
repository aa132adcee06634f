// A proxy that does nothing else.
export default {
  fetch(request, env) {
    return env.ORIGIN.fetch(request)
  },
}
