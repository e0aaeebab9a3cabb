/** Sets a guardrail: what is looked at, what for, and what happens then. */
import { API, GuardrailMode, GuardrailSide } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { CheckFields } from './check-fields.tsx'
import { EMPTY_GUARDRAIL, type GuardrailDraft, toBody } from './guardrail-draft.ts'
import { modeWords, SIDE_WORDS } from './guardrail-words.ts'

const FIELDS = {
  'check.types': 'types',
  'check.pattern': 'pattern',
  'check.words': 'words',
  'check.charactersMax': 'charactersMax',
  'check.schema': 'schema',
  'check.model': 'model',
  'check.except': 'except',
}

const resolver = requestResolver<GuardrailDraft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setGuardrail.body,
  fields: FIELDS,
})

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function modeOption(mode: GuardrailMode): string {
  return capital(mode === 'route' ? 'goes to another model' : modeWords({ mode, toModel: null }))
}

export function SetGuardrail({ onClose }: { onClose: () => void }): ReactElement {
  const form = useForm<GuardrailDraft>({ resolver, defaultValues: EMPTY_GUARDRAIL })
  const models = useQuery(apiQuery('listModels'))
  const names = models.data?.items.map(({ id }) => id) ?? []
  const set = useCommand('setGuardrail', {
    changes: ['listGuardrails'],
    onSuccess: ({ name }) => {
      toast(`${name} is set`)
      onClose()
    },
  })
  const mode = useWatch({ control: form.control, name: 'mode' })
  const { errors } = form.formState
  const submit = form.handleSubmit((values) => set.mutate({ body: toBody(values) }))
  return (
    <FormDialog
      title="Set a guardrail"
      action="Set the guardrail"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <InputField
        label="Name"
        autoFocus
        help="Clients are told it where it finds something. One of the same name is replaced."
        error={errors.name?.message}
        {...form.register('name')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="Looks at" error={errors.side?.message} {...form.register('side')}>
          {GuardrailSide.options.map((side) => (
            <option key={side} value={side}>
              {capital(SIDE_WORDS[side])}
            </option>
          ))}
        </SelectField>
        <SelectField label="What is found" error={errors.mode?.message} {...form.register('mode')}>
          {GuardrailMode.options.map((mode) => (
            <option key={mode} value={mode}>
              {modeOption(mode)}
            </option>
          ))}
        </SelectField>
      </div>
      {mode === 'route' && (
        <SelectField
          label="To the model"
          error={errors.toModel?.message}
          {...form.register('toModel')}
        >
          <option value="">Choose a model</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
      )}
      <CheckFields form={form} models={names} />
    </FormDialog>
  )
}
