/** How outcomes read, and what a success costs. Pure. */
import type { Outcome, OutcomeCost, OutcomeReport, Task } from '@spillway/contract'
import { counted, renderAmount, renderFraction } from './amount.ts'
import type { Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderClock, renderInstant } from './time.ts'

/** Money of a statistic: more digits than it has would only seem to be known. */
const DECIMALS = 6

const money = (usd: string | null) => (usd === null ? '—' : renderAmount(usd, DECIMALS))

const NO_INTERVAL = {
  too_few_tasks: 'too few tasks to say',
  no_success: 'no success yet',
  too_few_successes: 'too few successes to say',
} as const

function renderCostInterval({ costPerSuccessInterval: known, noIntervalBecause }: OutcomeCost) {
  if (known !== null) return `${money(known.lowUsd)} to ${money(known.highUsd)}`
  return noIntervalBecause === null ? '' : NO_INTERVAL[noIntervalBecause]
}

function renderRate({ successRate, successRateInterval }: OutcomeCost): string {
  if (successRate === null || successRateInterval === null) return '—'
  const { low, high } = successRateInterval
  return `${renderFraction(successRate)} (${renderFraction(low)} to ${renderFraction(high)})`
}

function renderName({ model, routeVersion }: OutcomeCost): string {
  return routeVersion === null ? toLine(model) : `${toLine(model)} v${routeVersion}`
}

function columnsOf(by: OutcomeReport['by']): readonly Column<OutcomeCost>[] {
  return [
    { heading: by === 'route' ? 'ROUTE' : 'MODEL', isFlexible: true, cell: renderName },
    { heading: 'TASKS', align: 'right', cell: (each) => String(each.tasks) },
    { heading: 'JUDGED', align: 'right', cell: (each) => String(each.judged) },
    { heading: 'ATTEMPTS', align: 'right', cell: (each) => String(each.attempts) },
    { heading: 'SUCCEEDED (95 %)', cell: renderRate },
    { heading: 'USD A SUCCESS', align: 'right', cell: (each) => money(each.costPerSuccessUsd) },
    { heading: '95 %', cell: renderCostInterval },
    { heading: 'AT MOST', align: 'right', cell: (each) => money(each.costPerSuccessAtMostUsd) },
    { heading: 'COST USD', align: 'amount', cell: (each) => renderAmount(each.costUsd) },
  ]
}

const share = (part: number | null) => (part === null ? '—' : renderFraction(part))

function renderBooks({ reconciliation, coverage, total, cutTasks }: OutcomeReport, paint: Paint) {
  const { tasksUsd, untaskedUsd, gpuTimeUsd, chargedUsd, isHeld } = reconciliation
  return renderFields(
    [
      ['spent on tasks', `${share(coverage.spendShare)} of what tokens cost`],
      ['outcomes', `${share(coverage.taskShare)} of ${counted(total.tasks, 'task')}`],
      ...(cutTasks > 0
        ? [
            [
              'cut',
              `${counted(cutTasks, 'task')} began before or went on after; only this period counts`,
            ] as const,
          ]
        : []),
      ['ledger', `${tasksUsd} tasks + ${untaskedUsd} without a task + ${gpuTimeUsd} GPU time`],
      [
        '',
        `= ${chargedUsd} USD charged, ${isHeld ? 'exactly' : paint('red', 'and it does not agree')}`,
      ],
    ],
    paint,
  )
}

export function renderOutcomeCost(report: OutcomeReport, options: TableOptions): string {
  const { from, to, rows, total, isCut, knownSince } = report
  const { paint } = options
  const heading = [paint('dim', `${renderInstant(from)} to ${renderInstant(to)}`)]
  if (isCut)
    heading.push(paint('yellow', `before ${renderInstant(knownSince)} it is not known any more`))
  const books = renderBooks(report, paint)
  if (rows.length === 0)
    return [
      ...heading,
      'no request named a task: send x-spillway-task-id with each',
      '',
      books,
    ].join('\n')
  const columns = columnsOf(report.by)
  const footer = columns.map(({ cell }, index) => (index === 0 ? 'all' : cell(total)))
  return [...heading, '', renderTable(columns, rows, { ...options, footer }), '', books].join('\n')
}

export function renderOutcomes(
  outcomes: readonly Outcome[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Outcome>[] = [
    { heading: 'UTC', cell: (each) => renderClock(each.reportedAt, nowMs), colour: () => 'dim' },
    { heading: 'TASK', isFlexible: true, cell: (each) => toLine(each.taskId) },
    {
      heading: 'RESULT',
      cell: (each) => each.result,
      colour: ({ result, isCurrent }) =>
        isCurrent ? (result === 'success' ? 'green' : 'red') : 'dim',
    },
    {
      heading: 'VALUE',
      align: 'right',
      cell: ({ value }) => (value === null ? '' : String(value)),
    },
    { heading: 'BY', cell: ({ reporter, reporterName }) => toLine(reporterName) || reporter },
    { heading: '', cell: ({ isCurrent }) => (isCurrent ? '' : 'superseded'), colour: () => 'dim' },
    { heading: 'NOTE', cell: ({ note }) => toLine(note ?? '') },
  ]
  return renderTable(columns, outcomes, options)
}

export function renderOutcome(outcome: Outcome, paint: Paint): string {
  const { id, taskId, result, value, note, reporter, reporterName } = outcome
  return renderFields(
    [
      ['outcome', id],
      ['task', toLine(taskId)],
      ['result', result],
      ...(value === null ? [] : [['value', String(value)] as const]),
      ...(note === null ? [] : [['note', toLine(note)] as const]),
      ['by', `${toLine(reporterName)} ${reporter}`.trim()],
    ],
    paint,
  )
}

export function renderTask(task: Task, nowMs: number, options: TableOptions): string {
  const columns: readonly Column<Task['attempts'][number]>[] = [
    { heading: 'UTC', cell: (each) => renderClock(each.startedAt, nowMs), colour: () => 'dim' },
    { heading: 'ASKED', cell: (each) => toLine(each.asked) },
    { heading: 'ANSWERED', cell: (each) => toLine(each.model) },
    { heading: 'TRIES', align: 'right', cell: (each) => String(each.tries) },
    { heading: 'TOKENS', align: 'right', cell: (each) => each.tokens },
    { heading: 'CHARGED USD', align: 'amount', cell: (each) => renderAmount(each.chargedUsd) },
  ]
  const footer = columns.map(() => '')
  footer[0] = 'all'
  footer[footer.length - 1] = renderAmount(task.costUsd ?? '0')
  const attempts =
    task.attempts.length === 0
      ? 'no attempt of it is known; they are posted a moment after they end'
      : renderTable(columns, task.attempts, { ...options, footer })
  const outcomes =
    task.outcomes.length === 0
      ? options.paint('dim', 'nobody has reported an outcome yet')
      : renderOutcomes(task.outcomes, nowMs, options)
  return `${attempts}\n\n${outcomes}`
}
