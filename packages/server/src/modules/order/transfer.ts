/**
 * What the owner's teams are charged for an hour of a pool: their own use, and what was kept for them and stood idle,
 * which is the owner's. Pure. What was posted before is never changed: only what differs from it is posted.
 */
import { type Money, picos, rate } from '#kernel/money.ts'

export type TransferKind = 'used' | 'kept'

/** A charge of an hour, or a change of one. */
export interface TransferLine {
  readonly organizationId: string
  readonly kind: TransferKind
  readonly gpuMs: bigint
  readonly amount: Money
}

/** How an hour of a pool was used. */
export interface TransferHour {
  /** By organization, GPU time of the owner's work. */
  readonly usedMs: ReadonlyMap<string, bigint>
  /** Kept for it, and free. */
  readonly idleMs: bigint
  /** Who answers for what is kept. */
  readonly owner: string
  /** Per GPU-hour. */
  readonly price: Money
}

const GPU_MS_PER_HOUR = 3_600_000n

function keyOf({ organizationId, kind }: Pick<TransferLine, 'organizationId' | 'kind'>): string {
  return `${kind} ${organizationId}`
}

/** What an hour comes to; no line is for nothing. */
export function linesOf({ usedMs, idleMs, owner, price }: TransferHour): readonly TransferLine[] {
  const line = (organizationId: string, kind: TransferKind, gpuMs: bigint): TransferLine => {
    const amount = rate({ amount: price, per: GPU_MS_PER_HOUR, unit: 'gpu_ms' }, gpuMs)
    return { organizationId, kind, gpuMs, amount }
  }
  const used = [...usedMs].map(([organizationId, ms]) => line(organizationId, 'used', ms))
  return [...used, line(owner, 'kept', idleMs)].filter(({ amount }) => amount !== 0n)
}

/** What has to be posted so that all that is posted comes to these lines; empty when it does already. */
export function differencesOf(
  lines: readonly TransferLine[],
  posted: readonly TransferLine[],
): readonly TransferLine[] {
  const wanted = new Map(lines.map((line) => [keyOf(line), line]))
  const known = new Map<string, TransferLine>()
  for (const line of posted) {
    const before = known.get(keyOf(line))
    const gpuMs = line.gpuMs + (before?.gpuMs ?? 0n)
    known.set(keyOf(line), { ...line, gpuMs, amount: picos(line.amount + (before?.amount ?? 0n)) })
  }
  return [...new Set([...wanted.keys(), ...known.keys()])].toSorted().flatMap((key) => {
    const [now, before] = [wanted.get(key), known.get(key)]
    const line = now ?? before
    const amount = picos((now?.amount ?? 0n) - (before?.amount ?? 0n))
    if (line === undefined || amount === 0n) return []
    return [{ ...line, gpuMs: (now?.gpuMs ?? 0n) - (before?.gpuMs ?? 0n), amount }]
  })
}
