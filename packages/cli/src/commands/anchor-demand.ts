/** `spillway anchor demand`: what the owner's people run and wait for in the engine of a pool. */
import type { AnchorDemand } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { group } from '../output/amount.ts'
import { renderTable } from '../output/table.ts'
import { renderRelative } from '../output/time.ts'
import { wholeNumber } from '../parse/option-values.ts'

interface Options {
  readonly limit: number
}

export function addAnchorDemand(anchor: Command, context: Context): void {
  addCommand<Options>(anchor, context, {
    usage: 'demand',
    summary: 'Show what your people run and wait for in the engine of a pool',
    details:
      'Work that they submit to the engine itself, which Spillway makes room for and never stops.',
    example: 'spillway anchor demand h200-east',
    persona: 'operator',
    arguments: [new Argument('<pool>', 'its name')],
    options: [
      new Option('--limit <n>', 'at most so many samples')
        .argParser(wholeNumber({ least: 1, most: 10_000 }))
        .default(20),
    ],
    run: showDemand,
  })
}

async function showDemand(call: Call<Options>): Promise<void> {
  const { output, surroundings, options } = call
  const query = { pool: call.words[0] ?? '', limit: options.limit }
  const demand = await call.client().getAnchorDemand({ query })
  const number = (heading: string, of: (sample: AnchorDemand) => number) => ({
    heading,
    align: 'right' as const,
    cell: (sample: AnchorDemand) => group(of(sample)),
  })
  await call.present(demand, ({ samples }) =>
    samples.length === 0
      ? output.paint('dim', 'no work of its own was seen in this engine')
      : renderTable<AnchorDemand>(
          [
            { heading: 'SINCE', cell: ({ at }) => renderRelative(at, surroundings.nowMs()) },
            number('GPUS RUNNING', (sample) => sample.runningGpus),
            number('GPUS WAITED FOR', (sample) => sample.pendingGpus),
            number('JOBS RUNNING', (sample) => sample.runningJobs),
            number('JOBS WAITING', (sample) => sample.pendingJobs),
          ],
          samples,
          { paint: output.paint, columnsMax: output.columns() },
        ),
  )
}
