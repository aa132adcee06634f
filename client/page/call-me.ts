/** Alerts a visitor on admission by sound and notification, if they switched that on. */
import type { LiveTexts } from '../../src/pages/messages/messages.ts'

/** Duration of the sound: the page must not leave before it ends. */
const SOUND_MS = 900

/** `onRefused`: the browser does not allow notifications, so there is only the sound. */
export function callMe(box: HTMLInputElement | null, texts: LiveTexts, onRefused: () => void) {
  let audio: AudioContext | undefined

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
    /** Resolves when the page may leave. */
    async call(): Promise<void> {
      if (box?.checked !== true) return
      const { heading, lead } = texts.states.admitted
      try {
        new Notification(heading, { body: `${location.host}: ${lead}`, tag: 'waiting-room' })
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
  for (const [frequency, atSeconds] of [
    [659.3, 0],
    [880, 0.22],
  ] as const) {
    const start = audio.currentTime + atSeconds
    const tone = new OscillatorNode(audio, { frequency })
    const volume = new GainNode(audio, { gain: 0 })
    volume.gain.setValueAtTime(0, start)
    volume.gain.linearRampToValueAtTime(0.25, start + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.6)
    tone.connect(volume).connect(audio.destination)
    tone.start(start)
    tone.stop(start + 0.6)
  }
}
