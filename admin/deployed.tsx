/**
 * The deployed value of a setting, who overrode it and when, and a button to revert the override.
 */
import type { Settings } from './api.ts'
import type { Controls } from './controls.ts'
import { clockText } from './times.ts'
import { nameOf, settingText } from './words.ts'

interface Props {
  /** Of a runtime setting. */
  readonly name: string
  readonly controls: Controls
  /** Also shown without an override. */
  readonly always?: boolean
}

export function Deployed({ name, controls: { settings, mayWrite, change }, always = false }: Props) {
  const setting = settings[name] as Settings['settings']['queue_all'] | undefined
  const override = setting?.override ?? null
  if (setting === undefined || (override === null && !always)) return null
  return (
    <p class="muted deployed">
      Deployed: {settingText(name, setting.deployed)}.{' '}
      {override !== null && (
        <>
          Changed by {override.by}, {clockText(override.at)}.{' '}
          <button
            type="button"
            class="link"
            disabled={!mayWrite}
            aria-label={`Revert to deployed: ${nameOf(name)}`}
            onClick={() =>
              change(`${nameOf(name)} reverted to the deployed value (${settingText(name, setting.deployed)})`, {
                [name]: null,
              })
            }
          >
            Revert to deployed
          </button>
        </>
      )}
    </p>
  )
}
