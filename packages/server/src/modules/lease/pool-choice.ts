/**
 * Which pool a lease goes to, by what was asked: accelerator, place, fabric, number. When none can ever give it, the
 * nearest that could give something is named. Pure.
 */
import { isAccelerator } from '#kernel/accelerator.ts'
import { fitGang, type GangFit } from './gang.ts'

export interface PoolWish {
  readonly pool?: string | undefined
  /** Such as `H100`. */
  readonly accelerator?: string | undefined
  readonly site?: string | undefined
  readonly region?: string | undefined
  readonly jurisdiction?: string | undefined
  readonly isOneFabric: boolean
  readonly gpus: number
  readonly nodes?: number | undefined
}

export interface Candidate {
  readonly pool: string
  readonly accelerator: string
  readonly site: string
  readonly region: string
  readonly jurisdiction: string
  readonly nodes: readonly {
    readonly slotCount: number
    readonly free: number
    readonly fabric: string | null
  }[]
}

export type PoolChoice =
  | { readonly kind: 'chosen'; readonly pool: string; readonly nodes: number }
  /** No pool is what was asked for. */
  | { readonly kind: 'none_matches'; readonly text: string; readonly near: NearMatch | null }
  /** Pools are, but none has so many. */
  | {
      readonly kind: 'never'
      readonly text: string
      readonly gpusMax: number
      readonly near: NearMatch | null
    }

export interface NearMatch {
  readonly pool: string
  readonly accelerator: string
  readonly site: string
  readonly gpusFree: number
}

function isSame(asked: string | undefined, known: string): boolean {
  return asked === undefined || asked.toLowerCase() === known.toLowerCase()
}

function matches(wish: PoolWish, candidate: Candidate): boolean {
  return (
    (wish.pool === undefined || wish.pool === candidate.pool) &&
    (wish.accelerator === undefined || isAccelerator(wish.accelerator, candidate.accelerator)) &&
    isSame(wish.site, candidate.site) &&
    isSame(wish.region, candidate.region) &&
    isSame(wish.jurisdiction, candidate.jurisdiction)
  )
}

/** Whether the gang fits by some count of slots of each node, on one fabric where that was asked. */
function fitBy(
  wish: PoolWish,
  { nodes }: Candidate,
  count: (node: Candidate['nodes'][number]) => number,
): GangFit {
  const whole = fitGang(wish, nodes.map(count))
  if (!wish.isOneFabric || whole.kind === 'never' || whole.nodes === 1) return whole
  const fabrics = Map.groupBy(nodes, (node) => node.fabric)
  fabrics.delete(null)
  const fits = [...fabrics.values()].map((ofOne) => fitGang(wish, ofOne.map(count)))
  const fit = fits.find((each) => each.kind === 'fits')
  if (fit) return fit
  const gpusMax = Math.max(
    ...nodes.map(count),
    ...fits.map((each) => (each.kind === 'never' ? each.gpusMax : 0)),
  )
  const text =
    fabrics.size === 0
      ? 'The nodes of the pool do not say which fabric they are on, so none can be promised.'
      : `No fabric of the pool has so many; the most on one are ${gpusMax}.`
  return { kind: 'never', text, gpusMax }
}

function freeOf({ nodes }: Candidate): number {
  return nodes.reduce((sum, node) => sum + node.free, 0)
}

/** Of the pools that were not asked for, the one that has the most of what was. */
function nearestOf(wish: PoolWish, others: readonly Candidate[]): NearMatch | null {
  const fitting = others.filter(
    (each) => fitBy(wish, each, (node) => node.slotCount).kind === 'fits',
  )
  const isAlike = (each: Candidate) =>
    wish.accelerator !== undefined && isAccelerator(wish.accelerator, each.accelerator)
  const [best] = (fitting.length > 0 ? fitting : others).toSorted(
    (a, b) => Number(isAlike(b)) - Number(isAlike(a)) || freeOf(b) - freeOf(a),
  )
  if (!best) return null
  const { pool, accelerator, site } = best
  return { pool, accelerator, site, gpusFree: freeOf(best) }
}

export function renderNear(near: NearMatch | null): string {
  if (near === null) return ''
  return ` The nearest: ${near.accelerator} has ${near.gpusFree} free in ${near.site} (pool ${near.pool}).`
}

function describe(wish: PoolWish): string {
  const parts = [
    wish.pool === undefined ? '' : `is named ${wish.pool}`,
    wish.accelerator === undefined ? '' : `has the accelerator ${wish.accelerator}`,
    wish.site === undefined ? '' : `stands at the site ${wish.site}`,
    wish.region === undefined ? '' : `is in the region ${wish.region}`,
    wish.jurisdiction === undefined ? '' : `is under the law of ${wish.jurisdiction}`,
  ]
  return parts.filter((part) => part !== '').join(' and ')
}

/** The pool that will be chosen whatever is free: no other could ever give it. Null where what is free decides. */
export function onlyPool(
  wish: PoolWish,
  candidates: readonly Candidate[],
): Extract<PoolChoice, { kind: 'chosen' }> | null {
  const matching = candidates.filter((each) => matches(wish, each))
  const ever = everOf(wish, matching)
  const [only] = ever
  if (only === undefined || ever.length > 1) return null
  return { kind: 'chosen', pool: only.each.pool, nodes: only.nodes }
}

/** Those that could ever give it, with the nodes that it takes there. */
function everOf(wish: PoolWish, candidates: readonly Candidate[]) {
  return candidates.flatMap((each) => {
    const fit = fitBy(wish, each, (node) => node.slotCount)
    return fit.kind === 'fits' ? [{ each, nodes: fit.nodes }] : []
  })
}

/** The first pool with room now; else the first that could ever give it. */
export function choosePool(wish: PoolWish, candidates: readonly Candidate[]): PoolChoice {
  const matching = candidates.filter((each) => matches(wish, each))
  const others = candidates.filter((each) => !matching.includes(each))
  if (matching.length === 0) {
    const near = nearestOf(wish, others)
    return { kind: 'none_matches', text: `No pool ${describe(wish)}.${renderNear(near)}`, near }
  }
  const ever = everOf(wish, matching)
  const hasRoom = ({ each, nodes }: (typeof ever)[number]) =>
    fitBy({ ...wish, nodes }, each, (node) => node.free).kind === 'fits'
  const chosen = ever.find(hasRoom) ?? ever[0]
  if (chosen) return { kind: 'chosen', pool: chosen.each.pool, nodes: chosen.nodes }
  const [largest] = matching
    .map((each) => fitBy(wish, each, (node) => node.slotCount))
    .flatMap((fit) => (fit.kind === 'never' ? [fit] : []))
    .toSorted((a, b) => b.gpusMax - a.gpusMax)
  const near = nearestOf(wish, others)
  const text = `${largest?.text ?? 'The pool has no nodes.'}${renderNear(near)}`
  return { kind: 'never', text, gpusMax: largest?.gpusMax ?? 0, near }
}
