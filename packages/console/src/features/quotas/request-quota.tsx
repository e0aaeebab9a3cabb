/** A buyer asks for more. */
import { API } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { SelectField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { useSession } from '../session/session.ts'
import { EMPTY_QUOTA, type QuotaDraft, toProject, toScope, wholeGpus } from './quota-draft.ts'
import { QuotaFields } from './quota-fields.tsx'

interface RequestDraft extends QuotaDraft {
  projectId: string
  reason: string
}

function toBody({ projectId, reason, ...draft }: RequestDraft) {
  return {
    ...toProject(projectId),
    ...toScope(draft),
    gpus: wholeGpus(draft.gpus),
    reason: reason.trim(),
  }
}

const resolver = requestResolver<RequestDraft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.createQuotaRequest.body,
})

export function RequestQuota({ onClose }: { onClose: () => void }): ReactElement {
  const form = useForm<RequestDraft>({
    resolver,
    defaultValues: { ...EMPTY_QUOTA, projectId: '', reason: '' },
  })
  const ask = useCommand('createQuotaRequest', {
    changes: ['listQuotaRequests'],
    onSuccess: () => {
      toast('The operator was asked')
      onClose()
    },
  })
  const { errors } = form.formState
  const { project } = useSession()
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
      <SelectField label="Of" error={errors.projectId?.message} {...form.register('projectId')}>
        <option value="">All projects together</option>
        <option value={project.id}>The project {project.name} alone</option>
      </SelectField>
      <TextField
        label="What it is for"
        rows={3}
        error={errors.reason?.message}
        {...form.register('reason')}
      />
    </FormDialog>
  )
}
