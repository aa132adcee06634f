/**
 * Preloaded into every child (`node --import`). Ends the child's process group if the demo itself
 * was killed before it could do so: the IPC channel to the demo closes in that moment.
 */
process.on('disconnect', () => {
  try {
    process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGTERM')
  } catch {
    // Not a group leader: the child started this process, and the leader ends it.
  }
})
