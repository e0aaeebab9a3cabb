/** Takes in a customer; its first key shows once. */
import { API } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField } from '../../ui/field.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
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
    <Dialog title="Create an organization" onClose={onClose}>
      <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <InputField
          label="Name"
          autoFocus
          help="A customer with a balance of zero and one API key."
          error={form.formState.errors.name?.message}
          {...form.register('name')}
        />
        {create.error && <ProblemPanel explanation={explain(create.error)} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" isBusy={create.isPending}>
            Create the organization
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
