/**
 * Preloaded into every child (`node --import`): ends the child's process group when the demo itself was killed without
 * a chance to do so. The IPC channel to the demo closes in that moment.
 */
process.on('disconnect', () => {
  try {
    process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGTERM')
  } catch {
    // Not the leader of a group: a process that the child started, and its leader sees to it.
  }
})
