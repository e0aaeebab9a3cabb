/** API keys: make one, see which are used, revoke. The secret shows once. */
import { API, type ApiKey } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { useForm } from 'react-hook-form'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { plural } from '../../ui/format/numbers.ts'
import { Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'
import { keyColumns } from './key-columns.tsx'
import { SecretOnce } from './secret-once.tsx'

const route = getRouteApi('/app/keys')

export function KeysPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const keys = useQuery(apiQuery('listApiKeys'))
  const [isCreating, setIsCreating] = useState(false)
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  const columns = useMemo(() => keyColumns(setRevoking), [])
  const live = keys.data?.items.filter((key) => key.revokedAt === null)
  const createButton = (
    <Button look="primary" icon="plus" onClick={() => setIsCreating(true)}>
      Create key
    </Button>
  )
  return (
    <>
      <PageHead
        title="Keys"
        line={
          live ? (
            `${plural(live.length, 'key')} in force · sent as Authorization: Bearer`
          ) : (
            <>&nbsp;</>
          )
        }
        actions={createButton}
      />
      <Answered query={keys}>
        {({ items }) => (
          <DataTable
            label="API keys"
            rows={search.show === 'revoked' ? items : (live ?? [])}
            rowId={(key) => key.id}
            columns={columns}
            view={search}
            onView={update}
            filters={
              <label className="flex items-center gap-2 text-muted">
                <input
                  type="checkbox"
                  className="size-3.5 accent-accent"
                  checked={search.show === 'revoked'}
                  onChange={(event) =>
                    update({ show: event.target.checked ? 'revoked' : undefined })
                  }
                />
                show revoked
              </label>
            }
            empty={
              <Empty action={createButton}>
                No key is in force. Programs would use one to call models and make leases.
              </Empty>
            }
          />
        )}
      </Answered>
      {isCreating && <CreateKey onClose={() => setIsCreating(false)} />}
      {revoking && <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />}
    </>
  )
}

interface KeyValues {
  name: string
  role: 'member' | 'inference'
}

const resolver = requestResolver<KeyValues, KeyValues>({
  toRequest: ({ name, role }) => ({ name: name.trim(), role }),
  schema: API.createApiKey.body,
})

function CreateKey({ onClose }: { onClose: () => void }): ReactElement {
  const form = useForm<KeyValues>({ resolver, defaultValues: { name: '', role: 'inference' } })
  const create = useCommand('createApiKey', { changes: ['listApiKeys'] })
  const submit = form.handleSubmit(({ name, role }) =>
    create.mutate({ body: { name: name.trim(), role } }),
  )
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
        error={form.formState.errors.name?.message}
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
    </FormDialog>
  )
}

function RevokeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }): ReactElement {
  const revoke = useCommand('revokeApiKey', {
    changes: ['listApiKeys'],
    onSuccess: () => {
      toast('The key was revoked')
      onClose()
    },
  })
  return (
    <Confirm
      title={`Revoke ${apiKey.name.slice(0, 60)}?`}
      action="Revoke the key"
      isBusy={revoke.isPending}
      onConfirm={() => revoke.mutate({ params: { id: apiKey.id } })}
      onClose={onClose}
    >
      <p>
        Programs that use <code>{apiKey.hint}</code> are refused at once. This cannot be undone.
      </p>
      {revoke.error && <ProblemPanel explanation={explain(revoke.error)} />}
    </Confirm>
  )
}
