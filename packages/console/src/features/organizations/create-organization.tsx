/** Takes in a customer; its first key shows once. */
import { API } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { InputField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { SecretOnce } from '../keys/secret-once.tsx'

interface OrganizationValues {
  name: string
}

const resolver = requestResolver<OrganizationValues, OrganizationValues>({
  toRequest: ({ name }) => ({ name: name.trim() }),
  schema: API.createOrganization.body,
})

export function CreateOrganization({ onClose }: { onClose: () => void }): ReactElement {
  const form = useForm<OrganizationValues>({ resolver, defaultValues: { name: '' } })
  const create = useCommand('createOrganization', { changes: ['listOrganizations'] })
  const submit = form.handleSubmit(({ name }) => create.mutate({ body: { name: name.trim() } }))
  if (create.data)
    return (
      <SecretOnce
        title={`The first key of ${create.data.organization.name}`}
        secret={create.data.apiKey}
        onClose={onClose}
      />
    )
  return (
    <FormDialog
      title="Create an organization"
      action="Create the organization"
      isBusy={create.isPending}
      problem={create.error && explain(create.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <InputField
        label="Name"
        autoFocus
        help="A customer with a balance of zero and one API key."
        error={form.formState.errors.name?.message}
        {...form.register('name')}
      />
    </FormDialog>
  )
}
