/** Sets a rate limit: of a key or all, of a model or all; for the operator of an organization or of each customer. */
import { API } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'

interface RateDraft {
  organizationId: string
  apiKeyId: string
  model: string
  requestsPerMinute: string
  tokensPerMinute: string
  concurrency: string
}

const EMPTY: RateDraft = {
  ...{ organizationId: '', apiKeyId: '', model: '' },
  ...{ requestsPerMinute: '', tokensPerMinute: '', concurrency: '' },
}

/** Not a number stays one, so that the contract says so. */
function count(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text)
}

function toBody(draft: RateDraft) {
  const { organizationId, apiKeyId, model } = draft
  const [requestsPerMinute, tokensPerMinute, concurrency] = [
    ...[count(draft.requestsPerMinute), count(draft.tokensPerMinute), count(draft.concurrency)],
  ]
  return {
    ...(organizationId === '' ? {} : { organizationId }),
    ...(apiKeyId === '' ? {} : { apiKeyId }),
    ...(model === '' ? {} : { model }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
    ...(concurrency === undefined ? {} : { concurrency }),
  }
}

const resolver = requestResolver<RateDraft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setRateLimit.body,
})

interface SetRateLimitProps {
  readonly isOperator: boolean
  readonly onClose: () => void
}

export function SetRateLimit({ isOperator, onClose }: SetRateLimitProps): ReactElement {
  const form = useForm<RateDraft>({ resolver, defaultValues: EMPTY })
  const organizations = useQuery({ ...apiQuery('listOrganizations'), enabled: isOperator })
  const keys = useQuery({ ...apiQuery('listApiKeys'), enabled: !isOperator })
  const models = useQuery(apiQuery('listModels'))
  const set = useCommand('setRateLimit', {
    changes: ['listRateLimits'],
    onSuccess: () => {
      toast('The rate limit is set')
      onClose()
    },
  })
  const { errors } = form.formState
  const options = (rows: readonly { id: string; name: string }[] | undefined) =>
    rows?.map(({ id, name }) => (
      <option key={id} value={id}>
        {name}
      </option>
    ))
  const figure = (name: 'requestsPerMinute' | 'tokensPerMinute' | 'concurrency', label: string) => (
    <InputField
      label={label}
      inputMode="numeric"
      placeholder="any"
      error={errors[name]?.message}
      {...form.register(name)}
    />
  )
  return (
    <FormDialog
      title="Set a rate limit"
      action="Set the limit"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={form.handleSubmit((values) => set.mutate({ body: toBody(values) }))}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-3">
        {figure('requestsPerMinute', 'Requests a minute')}
        {figure('tokensPerMinute', 'Tokens a minute')}
        {figure('concurrency', 'Requests at once')}
      </div>
      {isOperator ? (
        <SelectField label="Of" {...form.register('organizationId')}>
          <option value="">Each customer by itself</option>
          {options(organizations.data?.items)}
        </SelectField>
      ) : (
        <SelectField label="Key" {...form.register('apiKeyId')}>
          <option value="">All keys together</option>
          {options(keys.data?.items.filter(({ revokedAt }) => revokedAt === null))}
        </SelectField>
      )}
      <SelectField label="Model" {...form.register('model')}>
        <option value="">All models together</option>
        {options(models.data?.items.map(({ id }) => ({ id, name: id })))}
      </SelectField>
    </FormDialog>
  )
}
