/** Says whether prompts and answers are stored, and for how many days. */
import { API, type ContentPolicy } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { InputField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'

interface Draft {
  storedDays: string
}

/** Not a number stays one, so that the contract says so; no word is not at all. */
function toBody({ storedDays }: Draft) {
  return { storedDays: storedDays.trim() === '' ? null : Number(storedDays) }
}

const resolver = requestResolver<Draft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setContentPolicy.body,
})

interface SetStoredProps {
  readonly policy: ContentPolicy | null
  readonly onClose: () => void
}

export function SetStored({ policy, onClose }: SetStoredProps): ReactElement {
  const { register, handleSubmit, formState } = useForm<Draft>({
    resolver,
    defaultValues: { storedDays: String(policy?.storedDays ?? '') },
  })
  const set = useCommand('setContentPolicy', {
    changes: ['listContentPolicies', 'listStoredContents'],
    onSuccess: ({ storedDays }) => {
      toast(
        storedDays === null
          ? 'Nothing is stored any more'
          : `Stored for ${storedDays} days from now on`,
      )
      onClose()
    },
  })
  return (
    <FormDialog
      title="Change what is stored"
      action="Change it"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={handleSubmit((draft) => set.mutate({ body: toBody(draft) }))}
      onClose={onClose}
    >
      <p className="text-muted">
        Stored are the prompts of this project as they were sent on, and whole answers, sealed. Who
        set it is on record. Without days, what was stored is deleted now.
      </p>
      <InputField
        label="Store prompts and answers for"
        unit="days"
        inputMode="numeric"
        placeholder="not at all"
        error={formState.errors.storedDays?.message}
        {...register('storedDays')}
      />
    </FormDialog>
  )
}
