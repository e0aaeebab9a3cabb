/** `spillway price`: what GPU time cost, and the least it is sold for. */
import { Tier } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderPrices, renderReserve } from '../output/market.ts'
import { renderBenchmark, renderTransfer } from '../output/worth.ts'
import { instant } from '../parse/option-values.ts'

interface HistoryOptions {
  readonly tier: Tier
  readonly per: 'hour' | 'day'
  readonly from?: string
  readonly to?: string
}

interface PeriodOptions {
  readonly from?: string
  readonly to?: string
}

export function addPriceCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'price', 'See what GPU time costs')
  const { nowMs } = context.surroundings
  addCommand<HistoryOptions>(group, context, {
    usage: 'history',
    summary: 'Show the prices of a pool over time: tenth percentile, median, ninetieth',
    example: 'spillway price history laptop --per day',
    persona: 'demo',
    arguments: [new Argument('<pool>', 'its name')],
    options: [
      new Option('--tier <tier>', 'of which tier').choices(Tier.options).default('spot'),
      new Option('--per <step>', 'by the hour or by the day')
        .choices(['hour', 'day'])
        .default('hour'),
      new Option('--from <when>', 'default: a day, or 30, before --to').argParser(instant(nowMs)),
      new Option('--to <when>', 'default: now').argParser(instant(nowMs)),
    ],
    run: showHistory,
  })
  addCommand(group, context, {
    usage: 'reserve',
    summary: 'Show the reserve price of a pool and the rule that it follows from',
    example: 'spillway price reserve laptop',
    persona: 'demo',
    arguments: [new Argument('<pool>', 'its name')],
    run: showReserve,
  })
  addCommand(group, context, {
    usage: 'benchmark',
    summary: 'Show what an hour of a GPU of a pool is worth now, and to whom',
    example: 'spillway price benchmark laptop',
    persona: 'demo',
    arguments: [new Argument('<pool>', 'its name')],
    run: showBenchmark,
  })
  addCommand<PeriodOptions>(group, context, {
    usage: 'transfer',
    summary: 'Show what capacity that was kept for the owner and stood idle would have cost',
    example: 'spillway price transfer laptop --from 7d --as operator',
    persona: 'operator',
    arguments: [new Argument('<pool>', 'its name')],
    options: [
      new Option('--from <when>', 'default: a day before --to').argParser(instant(nowMs)),
      new Option('--to <when>', 'default: now').argParser(instant(nowMs)),
    ],
    run: showTransfer,
  })
}

async function showHistory(call: Call<HistoryOptions>): Promise<void> {
  const { output, options, surroundings } = call
  const pool = call.words[0] ?? ''
  const history = await call.client().listPrices({ params: { pool }, query: { ...options } })
  await call.present(history, ({ points }) =>
    renderPrices(points, surroundings.nowMs(), {
      paint: output.paint,
      columnsMax: output.columns(),
    }),
  )
}

async function showReserve(call: Call): Promise<void> {
  const pool = call.words[0] ?? ''
  const reserve = await call.client().getReservePrice({ params: { pool } })
  await call.present(reserve, () =>
    renderReserve(reserve, call.surroundings.nowMs(), call.output.paint),
  )
}

async function showBenchmark(call: Call): Promise<void> {
  const { output } = call
  const pool = call.words[0] ?? ''
  const benchmark = await call.client().getBenchmarkPrice({ params: { pool } })
  await call.present(benchmark, () =>
    renderBenchmark(benchmark, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function showTransfer(call: Call<PeriodOptions>): Promise<void> {
  const pool = call.words[0] ?? ''
  const { options } = call
  const transfer = await call.client().getTransferPrice({ params: { pool }, query: { ...options } })
  await call.present(transfer, () => renderTransfer(transfer, call.output.paint))
}
