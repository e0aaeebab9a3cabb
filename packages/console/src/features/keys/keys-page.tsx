/** API keys: make one, see which are used, revoke. The secret shows once. */
import type { ApiKey } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'
import { CreateKey } from './create-key.tsx'
import { keyColumns } from './key-columns.tsx'
import { isLive } from './key-state.ts'
import { RotateKey } from './rotate-key.tsx'

const route = getRouteApi('/app/keys')

export function KeysPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const keys = useQuery(apiQuery('listApiKeys'))
  const [isCreating, setIsCreating] = useState(false)
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  const [rotating, setRotating] = useState<ApiKey | null>(null)
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  const columns = useMemo(() => keyColumns({ onRevoke: setRevoking, onRotate: setRotating }), [])
  const live = keys.data?.items.filter(isLive)
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
                show revoked and expired
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
      {rotating && <RotateKey apiKey={rotating} onClose={() => setRotating(null)} />}
      {revoking && <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />}
    </>
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
