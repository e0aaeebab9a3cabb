/** The operator declares what a model is. Whoever changed it meanwhile is not overwritten. */
import { API, Modality, type ModelCard, ModelCapability, ModelOrigin } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm, type UseFormRegister } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { CheckField, InputField, SelectField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { type CardDraft, documentOf, draftOf } from './card-draft.ts'
import { ORIGIN_WORDS, spaced } from './card-looks.tsx'

const FIELDS = Object.fromEntries(
  [
    ...['displayName', 'description', 'publisher', 'origin', 'licence', 'licenceUrl'],
    ...['outputTokensMax', 'inputModalities', 'outputModalities', 'capabilities'],
    ...['quantisation', 'terms', 'termsUrl', 'dataPolicy'],
  ].map((name) => [`card.${name}`, name]),
)

interface EditCardProps {
  readonly card: ModelCard
  readonly onClose: () => void
}

export function EditCard({ card, onClose }: EditCardProps): ReactElement {
  const toBody = (draft: CardDraft) => ({
    card: documentOf(draft, card.declared.documentation),
    replaces: card.version,
  })
  const form = useForm<CardDraft>({
    resolver: requestResolver<CardDraft, ReturnType<typeof toBody>>({
      toRequest: toBody,
      schema: API.setModelCard.body,
      fields: FIELDS,
    }),
    defaultValues: draftOf(card.declared),
  })
  const set = useCommand('setModelCard', {
    changes: ['getModelCard', 'listModelCards', 'getModelDocumentation', 'listModelCardVersions'],
    onSuccess: ({ version }) => {
      toast(`Version ${version} of the card is in force`)
      onClose()
    },
  })
  const submit = form.handleSubmit((draft) =>
    set.mutate({ params: { id: card.model }, body: toBody(draft) }),
  )
  const { errors } = form.formState
  return (
    <FormDialog
      title={`Card of ${card.model}`}
      action="Declare"
      width={640}
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <p className="text-muted">
        What is left empty is shown as unknown. Prices and what was measured are not declared here.
      </p>
      <IdentityFields register={form.register} errors={errors} />
      <AbilityFields register={form.register} errors={errors} />
      <TermsFields register={form.register} errors={errors} />
    </FormDialog>
  )
}

interface FieldsProps {
  readonly register: UseFormRegister<CardDraft>
  readonly errors: Partial<Record<keyof CardDraft, { message?: string | undefined }>>
}

function IdentityFields({ register, errors }: FieldsProps): ReactElement {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <InputField
          label="Name for people"
          error={errors.displayName?.message}
          {...register('displayName')}
        />
        <InputField
          label="Publisher"
          error={errors.publisher?.message}
          {...register('publisher')}
        />
        <SelectField label="Origin" error={errors.origin?.message} {...register('origin')}>
          <option value="">unknown</option>
          {ModelOrigin.options.map((origin) => (
            <option key={origin} value={origin}>
              {ORIGIN_WORDS[origin]}
            </option>
          ))}
        </SelectField>
        <InputField
          label="Quantisation"
          placeholder="fp8"
          error={errors.quantisation?.message}
          {...register('quantisation')}
        />
        <InputField
          label="Licence"
          placeholder="Apache-2.0"
          error={errors.licence?.message}
          {...register('licence')}
        />
        <InputField
          label="Where the licence is"
          placeholder="https://…"
          error={errors.licenceUrl?.message}
          {...register('licenceUrl')}
        />
      </div>
      <TextField
        label="Description"
        rows={2}
        error={errors.description?.message}
        {...register('description')}
      />
    </>
  )
}

function Checks({
  legend,
  names,
  name,
  register,
}: {
  readonly legend: string
  readonly names: readonly string[]
  readonly name: 'inputModalities' | 'outputModalities' | 'capabilities'
  readonly register: UseFormRegister<CardDraft>
}): ReactElement {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 font-medium">{legend}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {names.map((each) => (
          <CheckField key={each} label={spaced(each)} value={each} {...register(name)} />
        ))}
      </div>
    </fieldset>
  )
}

function AbilityFields({ register, errors }: FieldsProps): ReactElement {
  return (
    <>
      <Checks legend="Takes" names={Modality.options} name="inputModalities" register={register} />
      <Checks legend="Makes" names={Modality.options} name="outputModalities" register={register} />
      <CheckField
        label="What it can is known"
        help="Without it, nothing is said; with it, what is not checked below it cannot."
        {...register('isCapabilitiesKnown')}
      />
      <Checks
        legend="Can"
        names={ModelCapability.options}
        name="capabilities"
        register={register}
      />
      <InputField
        label="Output limit"
        inputMode="numeric"
        unit="tokens"
        error={errors.outputTokensMax?.message}
        {...register('outputTokensMax')}
      />
    </>
  )
}

function TermsFields({ register, errors }: FieldsProps): ReactElement {
  return (
    <>
      <TextField
        label="What becomes of prompts"
        rows={2}
        error={errors.dataPolicy?.message}
        {...register('dataPolicy')}
      />
      <TextField label="Terms" rows={2} error={errors.terms?.message} {...register('terms')} />
      <InputField
        label="Where the terms are"
        placeholder="https://…"
        error={errors.termsUrl?.message}
        {...register('termsUrl')}
      />
    </>
  )
}
