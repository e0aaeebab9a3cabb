/** What tasks cost in figures, and held against what was charged. */
import type { OutcomeReport } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Money } from '../../ui/figures.tsx'
import { formatShare, plural } from '../../ui/format/numbers.ts'
import { FigureRow, Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { costIntervalWords, rateIntervalWords } from './outcome-words.ts'

export function CostFigures({ report }: { report: OutcomeReport }): ReactElement {
  const { total, coverage } = report
  const { costPerSuccessUsd: each, successRate: rate } = total
  const { spendShare, taskShare } = coverage
  return (
    <FigureRow
      figures={[
        {
          label: 'A success costs',
          value: each === null ? 'not known' : <Money amount={each} />,
          note: costIntervalWords(total),
        },
        {
          label: 'Succeeded',
          value: rate === null ? 'not known' : formatShare(rate),
          note: rateIntervalWords(total),
        },
        {
          label: 'Tasks with an outcome',
          value: taskShare === null ? 'none' : formatShare(taskShare),
          note: `${total.judged} of ${plural(total.tasks, 'task')}`,
        },
        {
          label: 'Spending with a task',
          value: spendShare === null ? 'none' : formatShare(spendShare),
          note: 'of what tokens cost',
        },
        {
          label: 'Tasks cost',
          value: <Money amount={total.costUsd} />,
          note: `in ${plural(total.attempts, 'attempt')}`,
        },
      ]}
    />
  )
}

export function LedgerSection({ report }: { report: OutcomeReport }): ReactElement {
  const { reconciliation, cutTasks } = report
  const { tasksUsd, untaskedUsd, gpuTimeUsd, chargedUsd, isHeld, differences } = reconciliation
  return (
    <Section
      className="my-7"
      title="Against the ledger"
      aside={
        <StateWord tone={isHeld ? 'good' : 'bad'}>
          {isHeld ? 'agrees to the last digit' : 'does not agree'}
        </StateWord>
      }
    >
      <dl className="grid max-w-xl grid-cols-[1fr_auto] gap-x-4 gap-y-1">
        {[
          ['Tasks', tasksUsd],
          ['Tokens without a task', untaskedUsd],
          ['GPU time', gpuTimeUsd],
        ].map(([term, amount]) => (
          <div key={term} className="col-span-2 grid grid-cols-subgrid">
            <dt className="text-muted">{term}</dt>
            <dd className="num text-right">{amount} USD</dd>
          </div>
        ))}
        <div className="col-span-2 grid grid-cols-subgrid border-t border-line pt-1 font-medium">
          <dt>Charged</dt>
          <dd className="num text-right">{chargedUsd} USD</dd>
        </div>
      </dl>
      {differences.length > 0 && (
        <p className="mt-2 text-bad">Hours that do not agree: {differences.join(', ')}</p>
      )}
      {cutTasks > 0 && (
        <p className="mt-2 text-muted">
          {plural(cutTasks, 'task')} began before this time or went on after it: what lies in it is
          counted.
        </p>
      )}
    </Section>
  )
}
