/** Why a deployment has as many replicas as it has, as a sentence for its operator. Pure. */
import { type Money, picos, renderMoney } from '#kernel/money.ts'

export type Why =
  | 'bounds'
  | 'fixed'
  | 'asked'
  | 'asked_unknown'
  | 'asked_no_room'
  | 'worth_more'
  | 'worth_less'
  | 'idle'
  | 'rising'
  | 'falling'
  | 'settling'
  | 'spared'
  | 'unknown'
  | 'asleep'
  | 'within'

interface Told {
  readonly from: number
  readonly to: number
  readonly why: Why
  readonly bids: readonly (Money | null)[]
  readonly bidNext: Money | null
  readonly ask: { readonly price: Money; readonly basis: 'reserve' | 'demand' }
  readonly sell: { readonly price: Money; readonly basis: 'reserve' | 'demand' }
}

interface Terms {
  readonly terms: {
    readonly replicasMin: number
    readonly replicasMax: number
    readonly idleMs: number
    readonly steadyMs: number
  }
}

/** Hundredths of a cent are as much as an estimate bears. */
const SHOWN_PICOS = 100_000_000n

function usd(amount: Money | null): string {
  if (amount === null) return 'an amount that nobody knows yet'
  const sign = amount < 0n ? '-' : ''
  const magnitude = amount < 0n ? -amount : amount
  const shown = ((magnitude + SHOWN_PICOS / 2n) / SHOWN_PICOS) * SHOWN_PICOS
  return `${sign}$${renderMoney(picos(shown))}`
}

function price({ price: amount, basis }: Told['ask']): string {
  return `${usd(amount)} (${basis === 'reserve' ? 'the reserve' : 'whoever has the last GPU'})`
}

function seconds(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`
}

export function renderWhy(
  told: Told,
  { terms: { replicasMin, replicasMax, idleMs, steadyMs } }: Terms,
): string {
  const { from, to, ask, sell, bidNext } = told
  const next = `The next replica would earn ${usd(bidNext)} per GPU-hour; an hour sells for ${price(ask)}`
  const last = `The last replica earns ${usd(told.bids.at(-1) ?? null)} per GPU-hour; an hour sells for ${price(sell)}`
  const count = `from ${from} to ${to}`
  const texts: Readonly<Record<Why, string>> = {
    bounds: `Its bounds are ${replicasMin} to ${replicasMax}: it goes ${count}.`,
    fixed: 'Its number is fixed.',
    asked: `Somebody asks for it: it goes ${count}.`,
    asked_unknown: 'Somebody asks for it; no GPU is free, and nobody knows yet what it would earn.',
    asked_no_room: `Somebody asks for it, and no GPU is free. ${next}.`,
    worth_more: `${next}: it goes ${count}.`,
    worth_less: `${last}, for ${seconds(steadyMs)} and more: it goes ${count}.`,
    idle: `Nobody asked for ${seconds(idleMs)}: it goes ${count}.`,
    rising: `${next}; not for long enough yet.`,
    falling: `${last}; not for ${seconds(steadyMs)} yet.`,
    settling: `${next}; it gave room up less than ${seconds(steadyMs)} ago.`,
    spared: `${last}; others have room enough, so it stays until nobody asks for ${seconds(idleMs)}.`,
    unknown: 'Nobody knows yet what a replica earns: no tokens of it were sold.',
    asleep: 'Nobody asks for it.',
    within: `${last}. ${next}.`,
  }
  return texts[told.why]
}
