/**
 * What an hour of a pool's GPUs is worth: everybody who wants some stands in one line by what an hour is worth to him,
 * whether he pays by the hour or earns by the token; the worth of whoever has the last GPU is the price of all. Pure.
 */
import { type Money, ZERO } from '#kernel/money.ts'

export interface Worth {
  readonly kind: 'on_demand' | 'spot' | 'flex' | 'order' | 'serving'
  readonly name: string | null
  readonly gpus: number
  /** Per GPU-hour. */
  readonly worth: Money
}

export interface Benchmark {
  readonly price: Money
  readonly basis: 'reserve' | 'demand'
  readonly stack: readonly (Worth & { readonly isServed: boolean })[]
}

/** Those that are alike, together. */
function merge(worths: readonly Worth[]): readonly Worth[] {
  const known = new Map<string, Worth>()
  for (const each of worths) {
    const key = `${each.kind} ${each.name ?? ''} ${each.worth}`
    const gpus = (known.get(key)?.gpus ?? 0) + each.gpus
    known.set(key, { ...each, gpus })
  }
  return [...known.values()]
}

function compareWorths(a: Worth, b: Worth): number {
  if (a.worth !== b.worth) return a.worth > b.worth ? -1 : 1
  return a.kind < b.kind ? -1 : 1
}

export function benchmarkOf(
  worths: readonly Worth[],
  { gpus, reserve }: { readonly gpus: number; readonly reserve: Money },
): Benchmark {
  let left = gpus
  let last: Money | null = null
  const stack = merge(worths)
    .toSorted(compareWorths)
    .map((each) => {
      const isServed = left > 0 && each.worth > ZERO
      if (isServed) last = each.worth
      if (isServed) left -= each.gpus
      return { ...each, isServed }
    })
  const isScarce = left <= 0 && last !== null && last > reserve
  return {
    price: isScarce ? (last ?? reserve) : reserve,
    basis: isScarce ? 'demand' : 'reserve',
    stack,
  }
}
