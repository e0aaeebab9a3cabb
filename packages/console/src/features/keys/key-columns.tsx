/** The columns of the list of API keys. */
import type { ApiKey } from '@spillway/contract'
import { Button } from '../../ui/button.tsx'
import { Ago } from '../../ui/figures.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'

const ROLE_WORDS: Record<ApiKey['role'], string> = {
  operator: 'operator',
  member: 'member',
  inference: 'inference only',
}

export function keyColumns(onRevoke: (key: ApiKey) => void): readonly TableColumn<ApiKey>[] {
  return [
    {
      id: 'state',
      header: 'State',
      value: (key) => (key.revokedAt === null ? 'in force' : 'revoked'),
      cell: (key) => (
        <StateWord tone={key.revokedAt === null ? 'good' : 'idle'}>
          {key.revokedAt === null ? 'in force' : 'revoked'}
        </StateWord>
      ),
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
      id: 'created',
      header: 'Created',
      from: 'medium',
      isNumeric: true,
      value: (key) => key.createdAt,
      cell: (key) => <Ago at={key.createdAt} />,
    },
    {
      id: 'used',
      header: 'Last used',
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
        key.revokedAt === null && (
          <Button
            look="quiet"
            className="h-6! text-bad!"
            aria-label={`Revoke ${key.name}`}
            onClick={() => onRevoke(key)}
          >
            Revoke
          </Button>
        ),
    },
  ]
}
