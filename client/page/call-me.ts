/** Alerts a visitor on admission by sound and notification, if they switched that on. */
import type { LiveTexts } from '../../src/pages/messages/messages.ts'
import type { PageState } from '../../src/status.ts'

/** Duration of the sound: the page must not leave before it ends. */
const SOUND_MS = 900

/** `onRefused`: the browser does not allow notifications, so there is only the sound. */
export function callMe(box: HTMLInputElement | null, texts: LiveTexts, onRefused: () => void) {
  let audio: AudioContext | undefined
  let hasCalled = false

  box?.addEventListener('change', async () => {
    if (!box.checked) return
    try {
      // Browsers allow sound only after a user gesture, such as this change.
      audio ??= new AudioContext()
      await audio.resume()
    } catch {
      // The browser has no sound.
    }
    const permission = 'Notification' in window ? await Notification.requestPermission() : 'denied'
    if (permission !== 'granted') onRefused()
  })

  return {
    /** Calls once, with the words of this state. Resolves when the page may leave. */
    async call(state: PageState): Promise<void> {
      if (box?.checked !== true || hasCalled) return
      hasCalled = true
      const { heading, lead } = texts.states[state]
      try {
        const notification = new Notification(heading, { body: `${location.host}: ${lead}`, tag: 'waiting-room' })
        notification.onclick = () => focus()
      } catch {
        // Not allowed, or (on Android) only from a service worker.
      }
      navigator.vibrate?.([200, 100, 200])
      if (audio?.state !== 'running') return
      chime(audio)
      await new Promise((done) => setTimeout(done, SOUND_MS))
    },
  }
}

/** Two soft notes, the second one higher. */
function chime(audio: AudioContext): void {
  const { currentTime } = audio
  const tone = new OscillatorNode(audio)
  const volume = new GainNode(audio, { gain: 0 })
  for (const [frequency, start] of [
    [659, currentTime],
    [880, currentTime + 0.25],
  ] as const) {
    tone.frequency.setValueAtTime(frequency, start)
    volume.gain.setTargetAtTime(0.25, start, 0.01)
    volume.gain.setTargetAtTime(0, start + 0.05, 0.1)
  }
  tone.connect(volume).connect(audio.destination)
  tone.start()
  tone.stop(currentTime + SOUND_MS / 1000)
}
