/**
 * The deployed value of a setting, who overrode it and when, and a button to revert the override.
 */
import type { Controls } from './controls.ts'
import { clockText } from './times.ts'
import { nameOf, valueText } from './words.ts'

interface Props {
  readonly name: 'total_active_users' | 'new_users_per_minute' | 'queue_all' | 'suspended'
  readonly controls: Controls
  /** Also shown without an override. */
  readonly always?: boolean
}

export function Deployed({ name, controls: { settings, mayWrite, change }, always = false }: Props) {
  const setting = settings[name]
  const override = setting?.override ?? null
  if (setting === undefined || (override === null && !always)) return null
  return (
    <p class="muted deployed">
      Deployed: {valueText(setting.deployed)}.{' '}
      {override !== null && (
        <>
          Changed by {override.by}, {clockText(override.at)}.{' '}
          <button
            type="button"
            class="link"
            disabled={!mayWrite}
            aria-label={`Revert to deployed: ${nameOf(name)}`}
            onClick={() =>
              change(`${nameOf(name)} reverted to the deployed value (${valueText(setting.deployed)})`, {
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
