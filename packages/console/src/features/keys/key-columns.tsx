/** The columns of the list of API keys. */
import type { ApiKey } from '@spillway/contract'
import { Button } from '../../ui/button.tsx'
import { Ago } from '../../ui/figures.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { isLive, keptTo, keyStateOf } from './key-state.ts'

const ROLE_WORDS: Record<ApiKey['role'], string> = {
  operator: 'operator',
  member: 'member',
  inference: 'inference only',
}

interface KeyActions {
  readonly onRevoke: (key: ApiKey) => void
  readonly onRotate: (key: ApiKey) => void
}

export function keyColumns({ onRevoke, onRotate }: KeyActions): readonly TableColumn<ApiKey>[] {
  return [
    {
      id: 'state',
      header: 'State',
      value: keyStateOf,
      cell: (key) => {
        const state = keyStateOf(key)
        const tone = state === 'in force' ? 'good' : state === 'replaced' ? 'warn' : 'idle'
        return <StateWord tone={tone}>{state}</StateWord>
      },
    },
    {
      id: 'name',
      header: 'Name',
      isWide: true,
      value: (key) => key.name,
      cell: (key) => <span title={key.name}>{key.name}</span>,
    },
    {
      id: 'hint',
      header: 'Secret',
      from: 'narrow',
      value: (key) => key.hint,
      cell: (key) => <span className="num">{key.hint}</span>,
    },
    {
      id: 'role',
      header: 'Role',
      from: 'medium',
      value: (key) => key.role,
      cell: (key) => ROLE_WORDS[key.role],
    },
    {
      id: 'kept',
      header: 'Kept to',
      from: 'wide',
      value: keptTo,
      cell: (key) => (
        <span className="block max-w-48 truncate" title={keptTo(key)}>
          {keptTo(key) || '\u2014'}
        </span>
      ),
    },
    {
      id: 'expires',
      header: 'Ends',
      from: 'medium',
      isNumeric: true,
      value: (key) => key.expiresAt,
      cell: (key) =>
        key.expiresAt === null ? (
          <span className="text-muted">never</span>
        ) : (
          <Ago at={key.expiresAt} />
        ),
    },
    {
      id: 'created',
      header: 'Created',
      from: 'widest',
      isNumeric: true,
      value: (key) => key.createdAt,
      cell: (key) => <Ago at={key.createdAt} />,
    },
    {
      id: 'used',
      header: 'Last used',
      from: 'narrow',
      isNumeric: true,
      value: (key) => key.lastUsedAt,
      cell: (key) =>
        key.lastUsedAt === null ? (
          <span className="text-muted">never</span>
        ) : (
          <Ago at={key.lastUsedAt} />
        ),
    },
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      cell: (key) =>
        isLive(key) && (
          <span className="inline-flex flex-col items-end gap-1 sm:flex-row">
            {key.replacedBy === null && (
              <Button
                look="quiet"
                className="h-6!"
                aria-label={`Rotate ${key.name}`}
                onClick={() => onRotate(key)}
              >
                Rotate
              </Button>
            )}
            <Button
              look="quiet"
              className="h-6! text-bad!"
              aria-label={`Revoke ${key.name}`}
              onClick={() => onRevoke(key)}
            >
              Revoke
            </Button>
          </span>
        ),
    },
  ]
}
