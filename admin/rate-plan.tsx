/** The rate plan of an event: a row for each step. */
import { emptyStep, type StepDraft } from './event-draft.ts'
import { CheckField, CountField, type FormState, idOf, TimeField } from './form-fields.tsx'

const STEPS_MAX = 50

interface Props {
  readonly form: FormState
  readonly steps: readonly StepDraft[]
  readonly onChange: (steps: readonly StepDraft[]) => void
}

export function RatePlan({ form, steps, onChange }: Props) {
  const whole = form.problems.filter(({ key }) => key === 'rate_plan')
  const set = (row: number, changes: Partial<StepDraft>) =>
    onChange(steps.map((step) => (step.row === row ? { ...step, ...changes } : step)))
  return (
    <fieldset class="group" id={idOf(form, 'rate_plan')} tabindex={-1}>
      <legend>Rate plan</legend>
      <p class="muted">
        Planned changes of the rate and the capacity, in order of time. A ramp reaches its values gradually from those
        of the step before it.
      </p>
      {whole.map(({ problem }) => (
        <p key={problem} class="error">
          Steps: {problem}.
        </p>
      ))}
      {steps.map((step, i) => (
        <fieldset key={step.row} class="step">
          <legend>Step {i + 1}</legend>
          <TimeField
            form={form}
            name={`rate_plan.${i}.at`}
            label="Time"
            required
            value={step.at}
            onText={(at) => set(step.row, { at })}
          />
          <CountField
            form={form}
            name={`rate_plan.${i}.new_users_per_minute`}
            label="Rate per minute"
            required
            value={step.new_users_per_minute}
            onText={(new_users_per_minute) => set(step.row, { new_users_per_minute })}
          />
          <CountField
            form={form}
            name={`rate_plan.${i}.total_active_users`}
            label="Capacity"
            note="Empty: unchanged."
            value={step.total_active_users}
            onText={(total_active_users) => set(step.row, { total_active_users })}
          />
          <CheckField
            form={form}
            name={`rate_plan.${i}.ramp`}
            label="Ramp"
            value={step.ramp}
            onChange={(ramp) => set(step.row, { ramp })}
          />
          <button
            type="button"
            aria-label={`Remove step ${i + 1}`}
            onClick={() => onChange(steps.filter(({ row }) => row !== step.row))}
          >
            Remove
          </button>
        </fieldset>
      ))}
      <div class="row">
        <button type="button" disabled={steps.length >= STEPS_MAX} onClick={() => onChange([...steps, emptyStep()])}>
          Add a step
        </button>
        {steps.length >= STEPS_MAX && <span class="muted">At most {STEPS_MAX} steps.</span>}
      </div>
    </fieldset>
  )
}
