/** The fields of what a guardrail looks for, by its kind. */
import { type GuardrailCheck, PiiType } from '@spillway/contract'
import type { ReactElement } from 'react'
import { type UseFormReturn, useWatch } from 'react-hook-form'
import { CheckField, InputField, SelectField, TextField } from '../../ui/field.tsx'
import type { GuardrailDraft } from './guardrail-draft.ts'
import { PII_WORDS } from './guardrail-words.ts'

const KINDS: readonly (readonly [GuardrailCheck['kind'], string])[] = [
  ['pii', 'Personal data and keys'],
  ['words', 'Words and phrases'],
  ['pattern', 'A pattern'],
  ['size', 'Length'],
  ['json_schema', 'A JSON Schema that answers have to meet'],
  ['model', 'What a model judges'],
]

interface CheckFieldsProps {
  readonly form: UseFormReturn<GuardrailDraft>
  readonly models: readonly string[]
}

export function CheckFields({ form, models }: CheckFieldsProps): ReactElement {
  const kind = useWatch({ control: form.control, name: 'kind' })
  const hasExcept = kind === 'pii' || kind === 'words' || kind === 'pattern'
  return (
    <>
      <SelectField label="Looks for" {...form.register('kind')}>
        {KINDS.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </SelectField>
      <KindFields kind={kind} form={form} models={models} />
      {hasExcept && (
        <TextField
          label="But not"
          rows={2}
          help="Texts that are let through, one a line."
          error={form.formState.errors.except?.message}
          {...form.register('except')}
        />
      )}
    </>
  )
}

function KindFields({
  kind,
  form,
  models,
}: CheckFieldsProps & { readonly kind: string }): ReactElement {
  const { errors } = form.formState
  if (kind === 'pattern')
    return (
      <InputField
        label="Pattern"
        isMono
        help="A regular expression of RE2, such as [A-Z]{2}-\d+"
        error={errors.pattern?.message}
        {...form.register('pattern')}
      />
    )
  if (kind === 'words')
    return (
      <TextField
        label="Words"
        rows={4}
        help="One a line, as a whole and whatever their case."
        error={errors.words?.message}
        {...form.register('words')}
      />
    )
  if (kind === 'size')
    return (
      <InputField
        label="Longer than"
        inputMode="numeric"
        unit="characters"
        error={errors.charactersMax?.message}
        {...form.register('charactersMax')}
      />
    )
  if (kind === 'json_schema')
    return (
      <TextField
        label="Schema"
        isMono
        rows={8}
        error={errors.schema?.message}
        {...form.register('schema')}
      />
    )
  return kind === 'model' ? <JudgeFields form={form} models={models} /> : <PiiFields form={form} />
}

function PiiFields({ form }: Pick<CheckFieldsProps, 'form'>): ReactElement {
  const error = form.formState.errors.types?.message
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Kinds</legend>
      <div className="grid gap-1.5 sm:grid-cols-2">
        {PiiType.options.map((type) => (
          <CheckField key={type} label={PII_WORDS[type]} value={type} {...form.register('types')} />
        ))}
      </div>
      {error !== undefined && <p className="mt-1 text-12 text-bad">{error}</p>}
    </fieldset>
  )
}

function JudgeFields({ form, models }: CheckFieldsProps): ReactElement {
  const { errors } = form.formState
  return (
    <>
      <SelectField
        label="Judge"
        help="It is asked about each request and paid as any other; what it answers with “unsafe” is found."
        error={errors.model?.message}
        {...form.register('model')}
      >
        <option value="">Choose a model</option>
        {models.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      <TextField
        label="What it is told"
        rows={3}
        error={errors.instructions?.message}
        {...form.register('instructions')}
      />
    </>
  )
}
