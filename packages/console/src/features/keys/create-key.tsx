/** Makes a key, with what it is kept to. The secret shows once. */
import { API, KEY_SCOPES, type KeyScope } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { serverNowMs } from '../../ui/clock.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { SecretOnce } from './secret-once.tsx'

interface KeyValues {
  name: string
  role: 'member' | 'inference'
  scopes: string
  models: string
  networks: string
  days: string
}

const NOTHING: KeyValues = {
  ...{ name: '', role: 'inference', scopes: '', models: '', networks: '', days: '' },
}
const DAY_MS = 86_400_000

function words(text: string): string[] | undefined {
  const found = text.split(/[\s,]+/).filter(Boolean)
  return found.length === 0 ? undefined : found
}

function bodyOf({ name, role, scopes, models, networks, days }: KeyValues) {
  const expiresAt =
    days === '' ? null : new Date(serverNowMs() + Number(days) * DAY_MS).toISOString()
  const [someModels, someNetworks] = [words(models), words(networks)]
  const someScopes = words(scopes)?.filter((each): each is KeyScope =>
    KEY_SCOPES.some((scope) => scope === each),
  )
  return {
    ...{ name: name.trim(), role },
    ...(someScopes && { scopes: someScopes }),
    ...(someModels && { models: someModels }),
    ...(someNetworks && { networks: someNetworks }),
    ...(expiresAt !== null && { expiresAt }),
  }
}

const resolver = requestResolver<KeyValues, ReturnType<typeof bodyOf>>({
  toRequest: bodyOf,
  schema: API.createApiKey.body,
  fields: { expiresAt: 'days' },
})

export function CreateKey({ onClose }: { onClose: () => void }): ReactElement {
  const form = useForm<KeyValues>({ resolver, defaultValues: NOTHING })
  const { errors } = form.formState
  const create = useCommand('createApiKey', { changes: ['listApiKeys'] })
  const submit = form.handleSubmit((values) => create.mutate({ body: bodyOf(values) }))
  if (create.data)
    return (
      <SecretOnce
        title={`The key ${create.data.apiKey.name}`}
        secret={create.data.secret}
        onClose={onClose}
      />
    )
  return (
    <FormDialog
      title="Create a key"
      action="Create the key"
      isBusy={create.isPending}
      problem={create.error && explain(create.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <InputField
        label="Name"
        autoFocus
        placeholder="what will use it"
        error={errors.name?.message}
        {...form.register('name')}
      />
      <SelectField
        label="May"
        help="A member key can also create more keys."
        {...form.register('role')}
      >
        <option value="inference">call models only</option>
        <option value="member">call models, make leases, read usage</option>
      </SelectField>
      <SelectField
        label="Scope"
        help="Less than all: it makes no more keys."
        {...form.register('scopes')}
      >
        <option value="">all of that</option>
        <option value="inference">ask models</option>
        <option value="read">look, and change nothing</option>
        <option value="inference read">ask models and look</option>
        <option value="manage">look and change, and ask no model</option>
        <option value="content">read stored prompts and answers</option>
      </SelectField>
      <InputField
        label="Models"
        placeholder="all"
        help="Names with commas between."
        error={errors.models?.message}
        {...form.register('models')}
      />
      <InputField
        label="Networks"
        placeholder="any"
        help="Addresses or networks, such as 10.0.0.0/8."
        error={errors.networks?.message}
        {...form.register('networks')}
      />
      <SelectField label="Ends" error={errors.days?.message} {...form.register('days')}>
        <option value="">never</option>
        <option value="1">in a day</option>
        <option value="30">in 30 days</option>
        <option value="90">in 90 days</option>
        <option value="365">in a year</option>
      </SelectField>
    </FormDialog>
  )
}
