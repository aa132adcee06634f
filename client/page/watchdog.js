// Runs before the page's script, and in browsers that cannot run it: it is built to the syntax of
// 2009. If the script does not start, fails, or stops giving signs of life, this reloads the page
// as without JavaScript. The server inserts watchdog.min.js: run `npm run minify` after a change.
;(() => {
  var timer
  var script = document.currentScript
  // Wraps the reload that follows. A browser that runs no scripts, or may not run these, obeys it.
  document.write('<template>')

  // In two halves: when a device wakes up, the time is over, but the script has had no turn yet.
  function arm(ms, isLate) {
    function late() {
      if (isLate) reload()
      else arm(ms, true)
    }
    clearTimeout(timer)
    if (ms > 0) timer = setTimeout(late, ms / 2)
  }
  function reload() {
    // The rest of the page may still arrive; offline there is nothing to load.
    if (document.readyState === 'loading' || navigator.onLine === false) arm(4000)
    else location.replace(script.getAttribute('data-url'))
  }
  // The script calls this with the time until its next sign of life in ms; 0: nothing to watch.
  window.waitingRoomAlive = arm
  arm(script.getAttribute('data-seconds') * 1000)
})()
