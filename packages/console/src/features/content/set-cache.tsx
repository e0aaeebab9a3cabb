/** Changes a project's cache: when it is asked, for how long its answers hold. */
import { API, CacheMode, type ContentPolicy } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { CheckField, InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { MODE_WORDS } from './content-words.ts'

interface Draft {
  cache: CacheMode
  minutes: string
  isSampledCached: boolean
}

const MINUTE_S = 60
const DEFAULT_MINUTES = '60'

/** Not a number stays one, so that the contract says so. */
function toBody({ cache, minutes, isSampledCached }: Draft) {
  return { cache, isSampledCached, cacheTtlSeconds: Math.round(Number(minutes) * MINUTE_S) }
}

const resolver = requestResolver<Draft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setContentPolicy.body,
  fields: { cacheTtlSeconds: 'minutes' },
})

interface SetCacheProps {
  readonly policy: ContentPolicy | null
  readonly onClose: () => void
}

export function SetCache({ policy, onClose }: SetCacheProps): ReactElement {
  const { register, handleSubmit, formState } = useForm<Draft>({
    resolver,
    defaultValues: {
      cache: policy?.cache ?? 'off',
      minutes: policy ? String(policy.cacheTtlSeconds / MINUTE_S) : DEFAULT_MINUTES,
      isSampledCached: policy?.isSampledCached ?? false,
    },
  })
  const set = useCommand('setContentPolicy', {
    changes: ['listContentPolicies', 'getCache'],
    onSuccess: () => {
      toast('The cache is changed')
      onClose()
    },
  })
  return (
    <FormDialog
      title="Change the cache"
      action="Change it"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={handleSubmit((draft) => set.mutate({ body: toBody(draft) }))}
      onClose={onClose}
    >
      <p className="text-muted">
        Every change empties it. Answers are kept sealed, in this project alone.
      </p>
      <SelectField label="Answers are given again" {...register('cache')}>
        {CacheMode.options.map((mode) => (
          <option key={mode} value={mode}>
            {MODE_WORDS[mode]}
          </option>
        ))}
      </SelectField>
      <InputField
        label="For"
        unit="minutes"
        inputMode="numeric"
        error={formState.errors.minutes?.message}
        {...register('minutes')}
      />
      <CheckField
        label="Also answers that another try would make otherwise"
        help="Only where a request asks for it: x-spillway-cache: use."
        {...register('isSampledCached')}
      />
    </FormDialog>
  )
}
