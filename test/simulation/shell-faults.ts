/**
 * Plausible faults in the object's shell, each as a text replacement, and what breaks then. `npm
 * run faults` applies each to a copy of the project and runs the simulation (for some a test in
 * workerd) until it fails.
 */
export interface ShellFault {
  readonly name: string
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** The consequence for visitors. */
  readonly why: string
  /** Only a room with an event shows it. */
  readonly events?: true
  /** A test file that catches it if the simulation cannot. */
  readonly test?: string
}

const SHELL = 'durable-objects/waiting-room.ts'
const LINE = 'durable-objects/room-line.ts'
const STORE = 'durable-objects/line-store.ts'
const CLOCKWORK = 'durable-objects/room-clockwork.ts'
const SNAPSHOT = 'src/core/snapshot.ts'
const EXCHANGE = 'src/core/exchange.ts'
const EVENTS = 'src/core/events.ts'
const DRAWS = 'src/core/draws.ts'

export const SHELL_FAULTS: readonly ShellFault[] = [
  {
    name: 'write forgotten: calls are not stored, ticks are',
    file: LINE,
    find: 'if (changes !== null) this.store.write',
    replace: 'if (changes !== null && everything) this.store.write',
    why: 'a crash reissues numbers that visitors already have',
  },
  {
    name: 'write forgotten: one segment of those that changed',
    file: STORE,
    find: 'for (const segment of changes.segments) {',
    replace: 'for (const segment of changes.segments.slice(1)) {',
    why: 'a crash loses all of its tickets',
  },
  {
    name: 'write forgotten: the lazy changes of a tick',
    file: SHELL,
    find: 'this.roomLine.commit(line, nowMs, true)\n      this.alerts.samples',
    replace: 'this.roomLine.commit(line, nowMs, false)\n      this.alerts.samples',
    why: 'a crash turns absent tickets back into waiting ones',
  },
  {
    name: 'answer before write',
    file: SHELL,
    find: 'this.roomLine.commit(line, nowMs, changes.length > 0)',
    replace: 'queueMicrotask(() => this.roomLine.commit(line, nowMs, changes.length > 0))',
    why: 'an issued number is lost',
  },
  {
    name: 'write in two turns: the head now, the segments later',
    file: STORE,
    find: 'for (const segment of changes.segments) {\n      this.change(',
    replace: 'for (const segment of changes.segments) {\n      queueMicrotask(() => this.change(',
    why: 'a crash in between stores half an event',
  },
  {
    name: 'a reset leaves the segments of the run before',
    file: STORE,
    find: "this.sql.exec('DELETE FROM segments')",
    replace: '',
    why: 'after a crash, tickets of the old run return with numbers that others have',
  },
  {
    name: 'a failed write is ignored',
    file: LINE,
    find: 'if (changes !== null) this.store.write(this.room, alarmAtMs, changes)',
    replace: 'if (changes !== null) try { this.store.write(this.room, alarmAtMs, changes) } catch {}',
    why: 'visitors get answers that were never stored',
  },
  {
    name: 'alarm not re-armed by the tick',
    file: SHELL,
    find: 'this.clockwork.armAlarm(Date.now(), this.roomLine.rules().checkIntervalSeconds)\n    this.store.writeAlarm(this.clockwork.alarmAtMs)\n    await',
    replace: 'await',
    why: 'silent tickets never expire if the checks fail, too',
  },
  {
    name: 'alarm re-armed at the end of the tick only',
    file: SHELL,
    find: 'this.clockwork.armAlarm(Date.now(), this.roomLine.rules().checkIntervalSeconds)\n    this.store.writeAlarm(this.clockwork.alarmAtMs)\n    await this.ctx.storage.sync()\n    try {\n      this.tick()',
    replace:
      'try {\n      this.tick()\n      this.clockwork.armAlarm(Date.now(), this.roomLine.rules().checkIntervalSeconds)\n      this.store.writeAlarm(this.clockwork.alarmAtMs)',
    why: 'a tick that crashes is the last one',
  },
  {
    name: 'alarm not armed by the first ticket',
    file: CLOCKWORK,
    find: 'if (this.alarmAtMs === 0 || dueMs < this.alarmAtMs) {',
    replace: 'if (this.alarmAtMs === 0) return\n    if (dueMs < this.alarmAtMs) {',
    why: 'silent tickets expire only by the checks, if these are not lost',
  },
  {
    name: 'alarm cleared while people wait',
    file: SHELL,
    find: 'if (line.tickets.live === 0) this.clockwork.clearAlarm()',
    replace: 'if (line.tickets.occupied > 0) void this.ctx.storage.deleteAlarm()',
    why: 'the ticks stop',
  },
  {
    name: 'counter not restored: the next number',
    file: STORE,
    find: 'JSON.parse(row.head as string) as StoredHead',
    replace: '{ ...(JSON.parse(row.head as string) as StoredHead), next: 1, frontier: 1 }',
    why: 'numbers are issued twice',
  },
  {
    name: 'counter not restored: the frontier',
    file: STORE,
    find: 'JSON.parse(row.head as string) as StoredHead',
    replace: '{ ...(JSON.parse(row.head as string) as StoredHead), frontier: 1 }',
    why: 'admitted visitors are told to wait',
  },
  {
    name: 'room not restored',
    file: LINE,
    find: 'this.room = stored.room\n',
    replace: '\n',
    why: 'a restarted room drains: nobody is admitted',
  },
  {
    name: 'clock read twice in one event',
    file: SHELL,
    find: 'line.beginCall(nowMs)',
    replace: 'line.beginCall(Date.now())',
    why: 'time can go back within an event',
  },
  {
    name: 'calls do not count as listening',
    file: SHELL,
    find: 'line.beginCall(nowMs)',
    replace: 'line.beginInternalEvent(nowMs)',
    why: 'in a crowd, silent tickets expire late',
  },
  {
    name: 'snapshot never renewed',
    file: SNAPSHOT,
    find: 'if (last === null || !isSame || !isFresh(last, line, nowMs)) this.last =',
    replace: 'if (last === null) this.last =',
    why: 'waiting visitors are admitted a minute late',
    test: 'test/workers/waiting-room.test.ts',
  },
  {
    name: 'the memory of an event that broke goes on serving',
    file: LINE,
    find: 'this.ctx.abort(abortReason(error))\n',
    replace: '\n',
    why: 'the next event answers and stores half-changed memory',
    test: 'test/workers/waiting-room.test.ts',
  },
  {
    name: 'dropped segments stay stored',
    file: STORE,
    find: "for (const index of changes.dropped) this.change('DELETE FROM segments WHERE segment = ?', index)",
    replace: '',
    why: 'storage and restart time grow forever',
    test: 'test/workers/waiting-room.test.ts',
  },
  {
    name: 'a lobby admits',
    file: EVENTS,
    find: "if (nowMs < event.startAtMs || isDrawing) return { ...worded, mode: 'paused', method: 'fifo' }",
    replace: "if (isDrawing) return { ...worded, mode: 'paused', method: 'fifo' }",
    why: 'early arrivals enter before the start',
    events: true,
  },
  {
    name: 'presence is not translated to line numbers',
    file: EXCHANGE,
    find: 'presence.hear(course.lineNumber(number), ageMs))',
    replace: 'presence.hear(number, ageMs))',
    why: 'after a draw, visitors keep the places of others alive and lose their own',
    events: true,
  },
  {
    name: 'claims are not translated to line numbers',
    file: EXCHANGE,
    find: 'return line.places.claim(line.course.lineNumber(claim.number), claim)',
    replace: 'return line.places.claim(claim.number, claim)',
    why: 'after a draw, visitors enter with the places of others',
    events: true,
  },
  {
    name: 'the draw does not store the tickets that it moved',
    file: 'src/core/tickets.ts',
    find: "this.unstored.keep(segment)\n      this.unstored.mark(segment, 'durable')",
    replace: 'this.dropped.delete(segment.index)',
    why: 'after a crash, places belong to other visitors than before',
    events: true,
  },
  {
    name: 'later arrivals take part in the draw',
    file: DRAWS,
    find: 'this.frozen = { ...lobby, first, end: next,',
    replace: 'this.frozen = { ...lobby, first, end: next + 1,',
    why: 'a visitor who came after the start may be drawn before the lobby',
    events: true,
  },
]
