/** Following the engines as durable steps: a strand a pool, woken by the engine's own news. */
import { createHash } from 'node:crypto'
import { type Db, isConstraintViolation } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import { type StepOutcome, wakeStrand } from '#platform/jobs/strand.ts'
import { FOLLOW_EVERY_MS, FOLLOW_WHOLE_EVERY_MS, STEP_RETRY_MIN_MS } from '../../limits.ts'
import { follow, type FollowDeps, listen, type Told } from './follow-service.ts'

export const FOLLOW_PROGRAM = 'follow'

/** The engine of a pool has news. */
export async function wakeFollow(tx: Db, pool: string, now: Date): Promise<void> {
  await wakeStrand(tx, { program: FOLLOW_PROGRAM, subject: pool }, now)
}

/** Everything that following looks at, without the instants that always move. */
function digest({ foreign, attempts }: Told): string {
  const hash = createHash('sha256').update(JSON.stringify(foreign.work))
  for (const [attempt, seen] of attempts)
    if (seen.state === 'running' && seen.placements)
      hash.update(attempt).update(JSON.stringify(seen.placements))
  return hash.digest('base64')
}

interface Last {
  readonly digest: string
  readonly atMs: number
  readonly isSettled: boolean
}

/** A step of the strand `follow/<pool>`. What was told and entered before is not entered again. */
export function createFollowing(
  deps: FollowDeps & { readonly engines: Engines },
): (pool: string) => Promise<StepOutcome> {
  const last = new Map<string, Last>()
  const wait = (afterMs: number): StepOutcome => ({
    kind: 'wait',
    untilMs: deps.now().getTime() + afterMs,
  })
  return async (pool) => {
    const engine = deps.engines.find(pool)
    if (!engine) return { kind: 'done' }
    const told = await listen(pool, engine)
    const known = last.get(pool)
    const now = { digest: digest(told), atMs: deps.now().getTime() }
    const isKnown = known?.digest === now.digest && known.isSettled
    if (isKnown && now.atMs - known.atMs < FOLLOW_WHOLE_EVERY_MS) return wait(FOLLOW_EVERY_MS)
    try {
      last.set(pool, { ...now, isSettled: await follow(deps, told) })
      return wait(FOLLOW_EVERY_MS)
    } catch (error) {
      // The market was quicker with one of the slots: what it placed there is seen at the next look.
      if (!isConstraintViolation(error, 'claim_no_double_sale')) throw error
      return wait(STEP_RETRY_MIN_MS)
    }
  }
}
