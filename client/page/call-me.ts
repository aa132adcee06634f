/** Calls a visitor who looks elsewhere, by sound and notification, if asked to. */
import type { LiveTexts } from '../../src/pages/messages/messages.ts'

/** How long the sound takes: the page stays until it was heard. */
const SOUND_MS = 900

/** `onRefused`: the browser allows no notification, so there is only the sound. */
export function callMe(box: HTMLInputElement | null, texts: LiveTexts, onRefused: () => void) {
  let audio: AudioContext | undefined

  box?.addEventListener('change', async () => {
    if (!box.checked) return
    try {
      // A page may make a sound only after the visitor did something: this is it.
      audio ??= new AudioContext()
      await audio.resume()
    } catch {
      // No sound here.
    }
    const permission = 'Notification' in window ? await Notification.requestPermission() : 'denied'
    if (permission !== 'granted') onRefused()
  })

  return {
    /** Resolves when the page may go on. */
    async call(): Promise<void> {
      if (box?.checked !== true) return
      const { heading, lead } = texts.states.admitted
      try {
        new Notification(heading, { body: `${location.host}: ${lead}`, tag: 'waiting-room' })
      } catch {
        // Not allowed, or (on Android) only by a service worker.
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
