/** `spillway deployment scale` and `bids`: how many replicas a model may have, and why it has as many as it has. */
import type { Deployment } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { renderBids, renderBounds } from '../output/bids.ts'
import { duration, instant, wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface ScaleOptions {
  readonly fixed?: number
  readonly min?: number
  readonly max?: number
  readonly idle?: number
  readonly steady?: number
  readonly band?: number
}

interface BidsOptions {
  readonly from?: string
  readonly to?: string
}

const REPLICAS = wholeNumber({ least: 0, most: 64 })
const WHICH = 'its model, or its id or the start or end of it'

export function addScalingCommands(deployment: Command, context: Context): void {
  const { nowMs } = context.surroundings
  addCommand<ScaleOptions>(deployment, context, {
    usage: 'scale',
    summary: 'Change how many replicas a model may have, and when that changes',
    example: 'spillway deployment scale toy --min 0 --max 4 --idle 10m',
    persona: 'operator',
    arguments: [new Argument('<id>', WHICH)],
    options: [
      new Option('--fixed <replicas>', 'so many, whatever they are worth')
        .argParser(REPLICAS)
        .conflicts(['min', 'max', 'idle']),
      new Option('--min <replicas>', 'no fewer; 0: none while nobody asks').argParser(REPLICAS),
      new Option('--max <replicas>', 'no more').argParser(REPLICAS),
      new Option('--idle <duration>', 'with a minimum of 0: none after so long').argParser(
        duration({ least: 1000, most: 604_800_000 }),
      ),
      new Option('--steady <duration>', 'one goes once worth less for so long').argParser(
        duration({ least: 1000, most: 86_400_000 }),
      ),
      new Option('--band <percent>', 'a bid counts when it differs by so much').argParser(
        wholeNumber({ least: 0, most: 90 }),
      ),
    ],
    run: scale,
  })
  addCommand<BidsOptions>(deployment, context, {
    usage: 'bids',
    summary: 'Show what replicas bid against the price of an hour, and each move with its reason',
    example: 'spillway deployment bids toy',
    persona: 'operator',
    arguments: [new Argument('<id>', WHICH)],
    options: [
      new Option('--from <when>', 'default: six hours before --to').argParser(instant(nowMs)),
      new Option('--to <when>', 'default: now').argParser(instant(nowMs)),
    ],
    run: showBids,
  })
}

async function findDeployment(call: Call<object>): Promise<string> {
  const { items } = await call.client().listDeployments()
  return findId(call.words[0] ?? '', {
    prefix: 'dep',
    noun: 'deployment',
    listing: 'spillway deployment list',
    candidates: () =>
      Promise.resolve(items.map(({ id, model }) => ({ id, label: model, name: model }))),
  })
}

function changeOf({ fixed, min, max, idle, steady, band }: ScaleOptions) {
  const bounds =
    fixed === undefined
      ? {
          ...(min === undefined && max === undefined ? {} : { policy: 'autoscale' as const }),
          ...(min === undefined ? {} : { replicasMin: min }),
          ...(max === undefined ? {} : { replicasMax: max }),
        }
      : { policy: 'fixed' as const, replicasMax: fixed }
  return {
    ...bounds,
    ...(idle === undefined ? {} : { idleMs: idle }),
    ...(steady === undefined ? {} : { steadyMs: steady }),
    ...(band === undefined ? {} : { bandPercent: band }),
  }
}

async function scale(call: Call<ScaleOptions>): Promise<void> {
  const id = await findDeployment(call)
  const client = call.client()
  const changed: Deployment = await client.scaleDeployment({
    params: { id },
    body: changeOf(call.options),
  })
  await call.present(changed, () => `${changed.model}: ${renderBounds(changed)}`)
}

async function showBids(call: Call<BidsOptions>): Promise<void> {
  const { output, options, surroundings } = call
  const id = await findDeployment(call)
  const bids = await call.client().listBids({ params: { id }, query: { ...options } })
  await call.present(bids, () =>
    renderBids(bids, surroundings.nowMs(), {
      paint: output.paint,
      columnsMax: output.columns(),
    }),
  )
}
