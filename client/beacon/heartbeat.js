// Tells the waiting room that this visitor is on the site, from one tab per browser: the one
// visible or used last. The server delivers heartbeat.min.js: run `npm run minify` after a change.
;(() => {
  const INTERVAL_MS = 8e3
  const AGAIN_MS = 6e4
  try {
    // The same file is the worker that ticks while the page is hidden.
    if (!self.document) return setInterval(postMessage, INTERVAL_MS, 0)
    // In a sandboxed page no cookie is sent, so a heartbeat would be useless.
    if (origin === 'null') return
    const { dataset, src: address } = document.currentScript
    const src = new URL(address)
    const name = `waiting-room:${src.searchParams.get('room')}`
    const once = Symbol.for(name)
    if (document[once]) return
    document[once] = true

    const to = (call) => new URL(call + src.search, src).href
    const { locks } = navigator
    let leading, queued, away, overMs, release, timer, worker, touched, lastMs
    try {
      // The click that led here, which the previous page had no time to report.
      touched = sessionStorage[name]
      delete sessionStorage[name]
    } catch {}

    const beat = async () => {
      const was = !!touched
      touched = false
      lastMs = performance.now()
      try {
        // As text: Chrome 80 and older refuse other types with keepalive.
        const body = `{"touched":${was}}`
        const request = { method: 'POST', body, credentials: 'same-origin', keepalive: true }
        const { status } = await fetch(to('heartbeat'), request)
        if (status === 410) {
          overMs = performance.now()
          stop()
        }
      } catch {
        touched ||= was
      }
    }

    // Page and worker both tick: a hidden page's timers stall, and the site's policy may forbid the
    // worker.
    const tick = () => {
      // A page that rewrites itself (document.write after loading) has lost its listeners.
      listen()
      if (performance.now() - lastMs > INTERVAL_MS - 1e3) beat()
    }
    const start = () => {
      halt()
      leading = true
      beat()
      timer = setInterval(tick, INTERVAL_MS)
      if (dataset.worker) return
      try {
        worker = new Worker(address)
        worker.onmessage = tick
        worker.onerror = (event) => event.preventDefault()
      } catch {}
    }
    const halt = () => {
      leading = false
      clearInterval(timer)
      worker?.terminate()
    }
    const stop = () => {
      halt()
      release?.()
    }

    // A session that is over may begin again in another tab or after a pause of the room, so the
    // beacon tries again when the page is used.
    const over = () => performance.now() - overMs < AGAIN_MS
    // A tab that is visible or used takes the lock, since a hidden tab may be frozen. A tab that
    // loses the lock queues for it.
    const lead = (steal) => {
      if (over() || away || (steal ? leading : queued)) return
      if (!locks) return start()
      if (steal) leading = true
      else queued = true
      let mine
      locks
        .request(name, { steal }, () => {
          if (!steal) queued = false
          // The page was used while this request queued: the request that stole the lock comes
          // next.
          if (over() || away || (!steal && leading)) return
          start()
          return new Promise((done) => {
            mine = release = done
          })
        })
        .catch(() => {
          if (!mine) start()
          else if (mine === release) {
            halt()
            lead(false)
          }
        })
    }

    const seen = () => document.visibilityState === 'visible'
    const touch = () => {
      touched = true
      lead(true)
    }
    const hidden = () => {
      if (leading) navigator.sendBeacon(to('leave'))
      away = true
      stop()
      try {
        if (touched) sessionStorage[name] = 1
      } catch {}
    }
    const shown = (event) => {
      away = false
      if (event.persisted) lead(true)
    }
    const changed = () => seen() && lead(true)
    const online = () => leading && tick()
    const listen = () => {
      for (const type of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'scroll']) {
        addEventListener(type, touch, { capture: true, passive: true })
      }
      document.addEventListener('visibilitychange', changed)
      addEventListener('pagehide', hidden)
      addEventListener('pageshow', shown)
      addEventListener('online', online)
    }
    listen()
    lead(seen())
  } catch {}
})()
