/** The columns of what tasks cost, and of what was reported. */
import type { Outcome, OutcomeCost } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Ago, Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import { formatCount, formatShare } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { costIntervalWords, nameOf, rateIntervalWords } from './outcome-words.ts'

function count(
  id: string,
  header: string,
  part: {
    readonly value: (row: OutcomeCost) => number
    readonly from?: 'medium' | 'wide' | 'widest'
  },
): TableColumn<OutcomeCost> {
  const { value, from } = part
  return {
    id,
    header,
    isNumeric: true,
    ...(from && { from }),
    value,
    cell: (row) => formatCount(value(row)),
  }
}

function Maybe({ amount }: { amount: string | null }): ReactElement {
  return amount === null ? <span className="text-muted">not known</span> : <Money amount={amount} />
}

const picosOf = (amount: string | null) => (amount === null ? null : parsePicos(amount))

export function costColumns(by: 'route' | 'model'): readonly TableColumn<OutcomeCost>[] {
  return [
    {
      id: 'name',
      header: by === 'route' ? 'First route' : 'Last model',
      isWide: true,
      value: nameOf,
      cell: (row) => <span title={nameOf(row)}>{nameOf(row)}</span>,
    },
    count('tasks', 'Tasks', { value: (row) => row.tasks }),
    count('judged', 'With outcome', { value: (row) => row.judged, from: 'medium' }),
    count('attempts', 'Attempts', { value: (row) => row.attempts, from: 'wide' }),
    count('retried', 'Retried', { value: (row) => row.retried, from: 'widest' }),
    count('fellBack', 'Fell back', { value: (row) => row.fellBack, from: 'widest' }),
    {
      id: 'rate',
      header: 'Succeeded',
      isNumeric: true,
      from: 'narrow',
      value: (row) => row.successRate,
      cell: (row) => (
        <span title={`95 %: ${rateIntervalWords(row)}`}>
          {row.successRate === null ? 'not known' : formatShare(row.successRate)}
        </span>
      ),
    },
    {
      id: 'each',
      header: 'For a success',
      isNumeric: true,
      value: (row) => picosOf(row.costPerSuccessUsd),
      text: (row) => row.costPerSuccessUsd ?? '',
      cell: (row) => <Maybe amount={row.costPerSuccessUsd} />,
    },
    {
      id: 'interval',
      header: '95 %',
      isNumeric: true,
      from: 'medium',
      text: costIntervalWords,
      cell: (row) => <span className="text-muted">{costIntervalWords(row)}</span>,
    },
    {
      id: 'most',
      header: 'At most',
      isNumeric: true,
      from: 'wide',
      value: (row) => picosOf(row.costPerSuccessAtMostUsd),
      text: (row) => row.costPerSuccessAtMostUsd ?? '',
      cell: (row) => <Maybe amount={row.costPerSuccessAtMostUsd} />,
    },
    {
      id: 'took',
      header: 'Until told',
      isNumeric: true,
      from: 'widest',
      value: (row) => row.secondsToOutcome,
      cell: (row) =>
        row.secondsToOutcome === null
          ? ''
          : formatDuration(Math.max(0, row.secondsToOutcome * 1000)),
    },
    {
      id: 'cost',
      header: 'Cost',
      isNumeric: true,
      from: 'narrow',
      value: (row) => parsePicos(row.costUsd),
      text: (row) => row.costUsd,
      cell: (row) => <Money amount={row.costUsd} />,
    },
  ]
}

export const REPORT_COLUMNS: readonly TableColumn<Outcome>[] = [
  {
    id: 'task',
    header: 'Task',
    isWide: true,
    value: ({ taskId }) => taskId,
    cell: ({ taskId }) => (
      <span title={taskId} className="num">
        {taskId}
      </span>
    ),
  },
  {
    id: 'result',
    header: 'Result',
    value: ({ result }) => result,
    cell: ({ result, isCurrent }) =>
      isCurrent ? (
        <StateWord tone={result === 'success' ? 'good' : 'bad'}>{result}</StateWord>
      ) : (
        <span className="text-muted line-through" title="a later report took its place">
          {result}
        </span>
      ),
  },
  {
    id: 'value',
    header: 'Value',
    isNumeric: true,
    from: 'medium',
    value: ({ value }) => value,
    cell: ({ value }) => (value === null ? '' : String(value)),
  },
  {
    id: 'by',
    header: 'Reported by',
    from: 'narrow',
    value: ({ reporterName }) => reporterName,
    cell: ({ reporter, reporterName }) => <span title={reporter}>{reporterName}</span>,
  },
  {
    id: 'note',
    header: 'Note',
    from: 'wide',
    value: ({ note }) => note,
    cell: ({ note }) => <span title={note ?? ''}>{note}</span>,
  },
  {
    id: 'at',
    header: 'When',
    isNumeric: true,
    value: ({ reportedAt }) => reportedAt,
    cell: ({ reportedAt }) => <Ago at={reportedAt} />,
  },
]
