/** Where the book and the engines differ: when each pool was last compared, the open cases, and what to do about each. */
import type { ReconciliationCase, ReconciliationRun } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../../api/answered.tsx'
import { useCommand } from '../../../api/commands.ts'
import { explain } from '../../../api/explain.ts'
import { apiQuery } from '../../../api/queries.ts'
import { Button } from '../../../ui/button.tsx'
import { Ago } from '../../../ui/figures.tsx'
import { formatCount, plural } from '../../../ui/format/numbers.ts'
import { formatDuration } from '../../../ui/format/time.ts'
import { ProblemPanel } from '../../../ui/notices.tsx'
import { Section } from '../../../ui/page.tsx'
import { StateWord } from '../../../ui/state-word.tsx'
import { toast } from '../../../ui/toast.tsx'
import { ConfirmGone } from './confirm-gone.tsx'

export function ReconciliationSection(): ReactElement {
  const query = useQuery(apiQuery('getReconciliation'))
  const run = useCommand('runReconciliation', {
    changes: ['getReconciliation'],
    onSuccess: () => toast('Book and engines are being compared'),
  })
  return (
    <Section
      title="Book and engines"
      className="mb-10"
      aside={
        <Button icon="refresh" isBusy={run.isPending} onClick={() => run.mutate({ body: {} })}>
          Compare now
        </Button>
      }
    >
      {run.error && <ProblemPanel explanation={explain(run.error)} />}
      <Answered query={query}>
        {({ pools, cases }) => (
          <div className="border-t border-line">
            <Runs pools={pools} />
            <Cases cases={cases} />
          </div>
        )}
      </Answered>
    </Section>
  )
}

const SHOWN_MAX = 8

function Runs({ pools }: { pools: readonly ReconciliationRun[] }): ReactElement {
  const [isAll, setIsAll] = useState(false)
  if (pools.length === 0) return <p className="py-2 text-muted">No pool was compared yet.</p>
  const shown = isAll ? pools : pools.slice(0, SHOWN_MAX)
  return (
    <ul className="grid gap-x-8 lg:grid-cols-2">
      {shown.map((run) => (
        <li
          key={run.pool}
          className="flex min-h-8 flex-wrap items-center gap-x-3 border-b border-line py-1"
        >
          <span className="min-w-0 truncate font-medium">{run.pool}</span>
          {run.outcome === 'compared' ? (
            <StateWord tone={run.openCases === 0 ? 'good' : 'warn'}>
              {run.openCases === 0 ? 'agrees' : plural(run.openCases, 'open case')}
            </StateWord>
          ) : (
            <StateWord tone="bad" title={run.text ?? undefined}>
              engine does not answer
            </StateWord>
          )}
          <span className="flex-1" />
          <span className="text-muted" title={countWords(run)}>
            {formatCount(run.counts['slots'] ?? 0)} slots in {formatDuration(run.durationMs)},{' '}
            <Ago at={run.startedAt} />
          </span>
        </li>
      ))}
      {pools.length > SHOWN_MAX && (
        <li className="py-1">
          <Button look="quiet" onClick={() => setIsAll(!isAll)}>
            {isAll ? 'Show fewer' : `Show all ${pools.length} pools`}
          </Button>
        </li>
      )}
    </ul>
  )
}

function countWords({ counts }: ReconciliationRun): string {
  return Object.entries(counts)
    .map(([what, count]) => `${formatCount(count)} ${what}`)
    .join(', ')
}

function Cases({ cases }: { cases: readonly ReconciliationCase[] }): ReactElement {
  if (cases.length === 0)
    return <p className="pt-2 text-muted">No case is open: both have the same.</p>
  const inOrder = cases.toSorted(
    (left, right) => Number(right.needsOperator) - Number(left.needsOperator),
  )
  return (
    <ul aria-label="Open cases" className="mt-3">
      {inOrder.map((each) => (
        <CaseLine key={each.id} each={each} />
      ))}
    </ul>
  )
}

/** Only the operator can say of these that nothing is left. */
const CLOSED_BY_WORD: readonly string[] = ['attempt_lost', 'attempt_unknown']

function CaseLine({ each }: { each: ReconciliationCase }): ReactElement {
  const [isAsking, setIsAsking] = useState(false)
  const isLease = each.subject.startsWith('lse_')
  return (
    <li className="grid gap-x-4 border-b border-line py-2 md:grid-cols-[180px_1fr_auto]">
      <StateWord tone={each.needsOperator ? 'bad' : 'warn'}>
        {each.kind.replaceAll('_', ' ')}
      </StateWord>
      <div className="min-w-0">
        <p className="break-words">{each.text}</p>
        <p className="break-words text-muted">{each.remedy}</p>
        <p className="text-12 text-muted">
          {each.pool} · open since <Ago at={each.openedAt} /> · last found <Ago at={each.seenAt} />
        </p>
      </div>
      <div className="flex items-start gap-2">
        {isLease && (
          <Link
            to="/leases/$leaseId"
            params={{ leaseId: each.subject }}
            className="leading-[30px] text-accent"
          >
            Open the lease
          </Link>
        )}
        {isLease && CLOSED_BY_WORD.includes(each.kind) && (
          <Button onClick={() => setIsAsking(true)}>Confirm gone</Button>
        )}
      </div>
      {isAsking && <ConfirmGone each={each} onClose={() => setIsAsking(false)} />}
    </li>
  )
}
