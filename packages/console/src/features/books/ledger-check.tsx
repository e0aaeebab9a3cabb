/** The ledger recomputed on the spot: each check with its outcome, and the accounts. */
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import type { Answer } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Money } from '../../ui/figures.tsx'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'

type Verification = Answer<'verifyLedger'>
type Account = Verification['accounts'][number]

export function LedgerCheck(): ReactElement {
  const verification = useQuery(apiQuery('verifyLedger'))
  return (
    <Section
      title="Ledger"
      aside={
        <Button
          icon="refresh"
          isBusy={verification.isFetching}
          onClick={() => void verification.refetch()}
        >
          Verify again
        </Button>
      }
    >
      <Answered query={verification}>{(answer) => <Outcome verification={answer} />}</Answered>
    </Section>
  )
}

/** `customer_prepaid:org_…` reads as `customer_prepaid:demo`; the whole name is in the title. */
function useAccountColumns(): readonly TableColumn<Account>[] {
  const organizations = useQuery(apiQuery('listOrganizations')).data?.items
  return useMemo(() => {
    const names = new Map(organizations?.map((each) => [each.id, each.name]))
    const readable = (account: string): string =>
      account.replaceAll(/org_[0-9a-z]{26}/g, (id) => names.get(id) ?? id)
    return [
      {
        id: 'account',
        header: 'Account',
        isWide: true,
        cell: ({ account }) => (
          <span className="num" title={account}>
            {readable(account)}
          </span>
        ),
      },
      {
        id: 'balance',
        header: 'Balance',
        isNumeric: true,
        cell: ({ balanceUsd }) => <Money amount={balanceUsd} />,
      },
    ]
  }, [organizations])
}

function Outcome({ verification }: { verification: Verification }): ReactElement {
  const columns = useAccountColumns()
  return (
    <>
      <p className="mb-3">
        <StateWord tone={verification.isBalanced ? 'good' : 'bad'}>
          <span className="font-medium">
            {verification.isBalanced ? 'balanced' : 'not balanced'}
          </span>
        </StateWord>
        <span className="text-muted">
          {' '}
          · {plural(verification.transactions, 'transaction')}, {formatCount(verification.entries)}{' '}
          entries, {plural(verification.usageEvents, 'usage event')} · sum of all entries{' '}
        </span>
        <Money amount={verification.sumUsd} />
      </p>
      <div className="grid gap-x-8 gap-y-6 lg:grid-cols-12">
        <ul className="lg:col-span-6">
          {verification.checks.map((check) => (
            <li
              key={check.name}
              className="grid min-h-8 grid-cols-[84px_1fr] items-baseline gap-x-3 border-b border-line py-1.5"
            >
              <StateWord tone={check.isHeld ? 'good' : 'bad'}>
                {check.isHeld ? 'holds' : 'broken'}
              </StateWord>
              <span className="min-w-0">
                <span className="font-medium">{check.name.replaceAll('_', ' ')}</span>{' '}
                <span className="break-words text-muted">{check.text}</span>
              </span>
            </li>
          ))}
        </ul>
        <div className="lg:col-span-6">
          <DataTable<Account>
            label="Ledger accounts"
            rows={verification.accounts}
            rowId={(account) => account.account}
            columns={columns}
            empty={<p className="text-muted">No account has an entry yet.</p>}
          />
        </div>
      </div>
    </>
  )
}
