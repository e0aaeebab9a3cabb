/** `spillway surplus`: what may be sold of a pool now, tier by tier. */
import type { TierSurplus } from '@spillway/contract'
import { Argument, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { group } from '../output/amount.ts'
import { renderTable } from '../output/table.ts'

export function addSurplusCommand(program: Command, context: Context): void {
  addCommand(program, context, {
    usage: 'surplus',
    summary: 'Show what may be sold of a pool now, by tier',
    details:
      'From firm to loose; each firmer tier is a part of each looser one, and what is sold already is a part of it. ' +
      'Only what can be placed is sold: the last columns say how much as gangs of a size.',
    example: 'spillway surplus h200-east',
    persona: 'operator',
    arguments: [new Argument('<pool>', 'its name')],
    run: showSurplus,
  })
}

async function showSurplus(call: Call): Promise<void> {
  const { output } = call
  const surplus = await call.client().getSurplus({ params: { pool: call.words[0] ?? '' } })
  await call.present(surplus, ({ tiers, capacityGpus, anchorGpus, fallback, eta }) => {
    const right = (heading: string, cell: (each: TierSurplus) => string) => ({
      ...{ heading, align: 'right' as const, cell },
    })
    const gangs = tiers[0]?.gangs.map(({ gangGpus }) => gangGpus) ?? []
    const table = renderTable<TierSurplus>(
      [
        { heading: 'TIER', cell: ({ tier }) => tier },
        right('HOURS', ({ hours }) => (hours === null ? '-' : `${hours}`)),
        right('GPUS', ({ gpus }) => group(gpus)),
        right('PLACEABLE', ({ placeableGpus }) => group(placeableGpus)),
        ...gangs.map((size, index) =>
          right(`AS ${size}S`, (tier) => group(tier.gangs[index]?.gpus ?? 0)),
        ),
      ],
      tiers,
      { paint: output.paint, columnsMax: output.columns() },
    )
    const held = `${group(anchorGpus)} of ${group(capacityGpus)} GPUs are your own or waited for by your people`
    const reasons = [
      ...(fallback === null ? [] : [`forecast falls back: ${fallback}`]),
      ...(eta < 1 ? [`promises are cut to ${Math.round(eta * 100)}%: too many broke lately`] : []),
    ]
    return [table, held, ...reasons.map((reason) => output.paint('yellow', reason))].join('\n')
  })
}
