/** Asks a pool's engine for everything that is compared. All of it is had, or the engine counts as not answering. */
import type { FleetPool } from '#modules/fleet/index.ts'
import type { Engine } from '#platform/engines/engine.ts'
import { USAGE_COMPARED_MS, USAGE_TOLERANCE_MS } from '../../limits.ts'
import type { Accounted } from './compare-usage.ts'
import type { EngineSide } from './compare.ts'

/** Trusted time of a boot's monotonic instant; null when that boot is not known any more. */
export type InstantOf = (bootId: string, monotonicMs: number) => Date | null

export interface AskedEngine extends EngineSide {
  /** When it was asked: what it says was true then, or later. */
  readonly askedAt: Date
}

export async function askEngine(
  engine: Engine,
  { now, instantOf }: { readonly now: () => Date; readonly instantOf: InstantOf },
): Promise<AskedEngine> {
  const askedAt = now()
  const [attempts, inventory, foreign] = await Promise.all([
    engine.list(),
    engine.inventory(),
    engine.foreign(),
  ])
  const accounts = await engine.usage(foreign.confirmedMs - USAGE_COMPARED_MS)
  const usage = accounts.flatMap(({ attemptId, bootId, gpus, ...span }): Accounted[] => {
    const started = instantOf(bootId, span.startedMs)
    const ended = span.endedMs === null ? null : instantOf(bootId, span.endedMs)
    if (started === null || (span.endedMs !== null && ended === null)) return []
    return [{ attemptId, gpus, startedMs: started.getTime(), endedMs: ended?.getTime() ?? null }]
  })
  return { askedAt, attempts, inventory, foreign, usage, usageToleranceMs: USAGE_TOLERANCE_MS }
}

/** The fleet file's word on each pool. */
export type DeclaredPools = ReadonlyMap<string, FleetPool>
