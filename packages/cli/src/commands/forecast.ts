/** `spillway forecast`: what your people are forecast to want of a pool, and how right such forecasts were. */
import type { Forecast, ForecastAccuracy } from '@spillway/contract'
import { Argument, type Command, Option } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { group } from '../output/amount.ts'
import { renderTable, type TableOptions } from '../output/table.ts'
import { wholeNumber } from '../parse/option-values.ts'

interface Answer {
  readonly organization: string | null
  readonly teams: readonly { readonly organization: string; readonly gpus: number }[]
  readonly latest: readonly Forecast[]
  readonly accuracy: readonly ForecastAccuracy[]
}

interface Options {
  readonly horizon: number
  readonly team?: string
}

const WHY: Readonly<Record<string, string>> = {
  no_history: 'too little is known: the whole pool may be wanted',
  little_history: 'less than two weeks are known: your highest demand so far is reckoned with',
  low_confidence: 'it has been wrong of late: your highest demand of the last day is reckoned with',
}

export function addForecastCommand(program: Command, context: Context): void {
  addCommand<Options>(program, context, {
    usage: 'forecast',
    summary: 'Show what your people are forecast to want of a pool',
    details:
      'The peak of their demand in the hours to come: it stays below each figure with the chance at its head. ' +
      'HELD is the share of peaks that truly stayed below the ninth decile, which should be 90%.',
    example: 'spillway forecast h200-east',
    persona: 'operator',
    arguments: [new Argument('<pool>', 'its name')],
    options: [
      new Option('--team <organization>', 'of the work of one organization alone'),
      new Option('--horizon <hours>', 'of which forecasts --json shows the history')
        .argParser(wholeNumber({ least: 1, most: 10_000 }))
        .default(4),
    ],
    run: showForecast,
  })
}

async function showForecast(call: Call<Options>): Promise<void> {
  const { output, options } = call
  const answer = await call.client().getForecast({
    params: { pool: call.words[0] ?? '' },
    query: {
      horizon: options.horizon,
      ...(options.team === undefined ? {} : { organization: options.team }),
    },
  })
  const table: TableOptions = { paint: output.paint, columnsMax: output.columns() }
  await call.present(answer, () => renderForecasts(answer, table))
}

function renderForecasts(answer: Answer, options: TableOptions): string {
  if (answer.latest.length === 0)
    return options.paint('dim', 'nothing is forecast yet: it is made after each full hour')
  const amount = (value: number) => group(Math.round(value))
  const heldOf = (hours: number) => {
    const accuracy = answer.accuracy.find(({ horizonHours }) => horizonHours === hours)
    const actual = accuracy?.levels.find(({ nominal }) => nominal === 0.9)?.actual ?? null
    return actual === null ? '-' : `${Math.round(actual * 100)}%`
  }
  const brokenOf = (hours: number) => {
    const accuracy = answer.accuracy.find(({ horizonHours }) => horizonHours === hours)
    return accuracy ? `${accuracy.breaches}/${accuracy.promises}` : '-'
  }
  const right = (heading: string, cell: (each: Forecast) => string) => ({
    ...{ heading, align: 'right' as const, cell },
  })
  const rows = renderTable<Forecast>(
    [
      right('HOURS', ({ horizonHours }) => `${horizonHours}`),
      right('50%', ({ peak }) => amount(peak.p50)),
      right('90%', ({ peak }) => amount(peak.p90)),
      right('99%', ({ peak }) => amount(peak.p99)),
      right('OF', ({ capacityGpus }) => amount(capacityGpus)),
      right('PROMISED', ({ offeredGpus }) => (offeredGpus === null ? '-' : amount(offeredGpus))),
      right('HELD', ({ horizonHours }) => heldOf(horizonHours)),
      right('BROKEN', ({ horizonHours }) => brokenOf(horizonHours)),
    ],
    answer.latest,
    options,
  )
  const reason = answer.latest.find(({ fallback }) => fallback !== null)?.fallback
  const teams = answer.teams.map((team) => `${team.organization} ${group(team.gpus)}`).join(', ')
  return [
    rows,
    ...(reason ? [options.paint('yellow', `${reason}: ${WHY[reason] ?? ''}`)] : []),
    ...(answer.organization === null && teams !== ''
      ? [options.paint('dim', `by team, GPUs now: ${teams}`)]
      : []),
  ].join('\n')
}
