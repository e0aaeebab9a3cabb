/** The operator sets a quota: of one organization, or by default of every customer. */
import { API } from '@spillway/contract'
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
import { EMPTY_QUOTA, type QuotaDraft, toProject, toScope, wholeGpus } from './quota-draft.ts'
import { QuotaFields } from './quota-fields.tsx'

interface SetDraft extends QuotaDraft {
  organizationId: string
  projectId: string
}

function toBody({ organizationId, projectId, ...draft }: SetDraft) {
  return {
    ...toScope(draft),
    ...(organizationId === '' ? {} : toProject(projectId)),
    ...(organizationId === '' ? {} : { organizationId }),
    gpus: wholeGpus(draft.gpus),
  }
}

const resolver = requestResolver<SetDraft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setQuota.body,
})

export function SetQuota({ onClose }: { onClose: () => void }): ReactElement {
  const form = useForm<SetDraft>({
    resolver,
    defaultValues: { ...EMPTY_QUOTA, organizationId: '', projectId: '' },
  })
  const organizations = useQuery(apiQuery('listOrganizations'))
  const set = useCommand('setQuota', {
    changes: ['listQuotas'],
    onSuccess: () => {
      toast('The quota is set')
      onClose()
    },
  })
  const { errors } = form.formState
  const organizationId = useWatch({ control: form.control, name: 'organizationId' })
  const submit = form.handleSubmit((values) => set.mutate({ body: toBody(values) }))
  return (
    <FormDialog
      title="Set a quota"
      action="Set the quota"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <SelectField
        label="Of"
        help="A default holds for each customer by itself that has none of its own for the same, also for those to come."
        error={errors.organizationId?.message}
        {...form.register('organizationId')}
      >
        <option value="">Every customer, by default</option>
        {organizations.data?.items.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      {organizationId !== '' && (
        <InputField
          label="Project"
          help="Its id; nothing: all of its projects together."
          error={errors.projectId?.message}
          {...form.register('projectId')}
        />
      )}
      <QuotaFields register={(name) => form.register(name)} errors={errors} gpusLabel="GPUs" />
      <p className="text-muted">
        A lower quota takes nothing back; what waits goes on waiting until it allows it.
      </p>
    </FormDialog>
  )
}
