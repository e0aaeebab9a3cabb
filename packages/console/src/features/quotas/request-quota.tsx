/** A buyer asks for more. */
import { API } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { EMPTY_QUOTA, type QuotaDraft, toScope, wholeGpus } from './quota-draft.ts'
import { QuotaFields } from './quota-fields.tsx'

interface RequestDraft extends QuotaDraft {
  reason: string
}

function toBody({ reason, ...draft }: RequestDraft) {
  return { ...toScope(draft), gpus: wholeGpus(draft.gpus), reason: reason.trim() }
}

const resolver = requestResolver<RequestDraft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.createQuotaRequest.body,
})

export function RequestQuota({ onClose }: { onClose: () => void }): ReactElement {
  const form = useForm<RequestDraft>({ resolver, defaultValues: { ...EMPTY_QUOTA, reason: '' } })
  const ask = useCommand('createQuotaRequest', {
    changes: ['listQuotaRequests'],
    onSuccess: () => {
      toast('The operator was asked')
      onClose()
    },
  })
  const { errors } = form.formState
  const submit = form.handleSubmit((values) => ask.mutate({ body: toBody(values) }))
  return (
    <FormDialog
      title="Ask for more"
      action="Ask the operator"
      isBusy={ask.isPending}
      problem={ask.error && explain(ask.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <QuotaFields
        register={(name) => form.register(name)}
        errors={errors}
        gpusLabel="GPUs in all"
      />
      <TextField
        label="What it is for"
        rows={3}
        error={errors.reason?.message}
        {...form.register('reason')}
      />
    </FormDialog>
  )
}
