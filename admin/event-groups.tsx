/** The groups of fields of an event: texts, times, admission. */
import type { Controls } from './controls.ts'
import type { Draft } from './event-draft.ts'
import { METHODS } from './event-words.ts'
import { CheckField, CountField, type FormState, SelectField, TextField, TimeField } from './form-fields.tsx'
import { zoneText } from './times.ts'

interface GroupProps {
  readonly form: FormState
  readonly draft: Draft
  readonly set: (changes: Partial<Draft>) => void
}

export function Texts({ form, draft, set }: GroupProps) {
  return (
    <div class="group">
      <TextField
        form={form}
        name="name"
        label="Name"
        note="Visitors see it."
        max={80}
        required
        value={draft.name}
        onText={(name) => set({ name })}
      />
      <TextField
        form={form}
        name="description"
        label="Description"
        note="For operators only."
        max={500}
        rows={1}
        value={draft.description}
        onText={(description) => set({ description })}
      />
      <TextField
        form={form}
        name="message"
        label="Message"
        note="Shown in the lobby and in line. A message of the room takes precedence."
        max={500}
        rows={2}
        value={draft.message}
        onText={(message) => set({ message })}
      />
      <CheckField
        form={form}
        name="suspended"
        label="Suspended"
        note="The event is ignored."
        value={draft.suspended}
        onChange={(suspended) => set({ suspended })}
      />
    </div>
  )
}

export function Times({ form, draft, set }: GroupProps) {
  return (
    <fieldset class="group">
      <legend>Times in {zoneText()}</legend>
      <TimeField
        form={form}
        name="prequeue_start_time"
        label="Lobby opens"
        note="Empty: no lobby."
        value={draft.prequeue_start_time}
        onText={(prequeue_start_time) => set({ prequeue_start_time })}
      />
      <TimeField
        form={form}
        name="event_start_time"
        label="Start"
        required
        value={draft.event_start_time}
        onText={(event_start_time) => set({ event_start_time })}
      />
      <TimeField
        form={form}
        name="event_end_time"
        label="End"
        required
        value={draft.event_end_time}
        onText={(event_end_time) => set({ event_end_time })}
      />
      <CheckField
        form={form}
        name="shuffle_at_event_start"
        label="Draw the order of everyone in the lobby"
        note="Arriving earlier gives no advantage. Otherwise the order of arrival counts."
        value={draft.shuffle_at_event_start}
        onChange={(shuffle_at_event_start) => set({ shuffle_at_event_start })}
      />
    </fieldset>
  )
}

export function Admission({
  form,
  draft,
  set,
  controls: { values, deployedOnly },
}: GroupProps & { controls: Controls }) {
  const inherited = (value: unknown) => `Empty: as the room (${Number(value).toLocaleString()}).`
  return (
    <fieldset class="group">
      <legend>While it runs</legend>
      <CountField
        form={form}
        name="total_active_users"
        label="Capacity"
        note={`${inherited(values.total_active_users)} Set both or neither.`}
        value={draft.total_active_users}
        onText={(total_active_users) => set({ total_active_users })}
      />
      <CountField
        form={form}
        name="new_users_per_minute"
        label="Rate per minute"
        note={inherited(values.new_users_per_minute)}
        value={draft.new_users_per_minute}
        onText={(new_users_per_minute) => set({ new_users_per_minute })}
      />
      <CountField
        form={form}
        name="session_timeout_seconds"
        label="Session timeout in seconds"
        note={inherited(deployedOnly.session_timeout_seconds)}
        value={draft.session_timeout_seconds}
        onText={(session_timeout_seconds) => set({ session_timeout_seconds })}
      />
      <SelectField
        form={form}
        name="queueing_method"
        label="Method"
        options={METHODS}
        value={draft.queueing_method}
        onText={(queueing_method) => set({ queueing_method })}
      />
    </fieldset>
  )
}
