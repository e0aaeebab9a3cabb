/**
 * The cluster at one instant: all jobs, all nodes, and how the controller's clock stands to this machine's counter. One
 * look serves everybody who asks meanwhile, so the cost does not grow with the attempts.
 */
import { join } from 'node:path'
import { readJson, replaceFile } from '#platform/engines/local/durable-file.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { parseControllerSeconds, parseJobs, parseNodes } from './slurm-answer.ts'
import type { SlurmJob, SlurmNode } from './slurm-answer.ts'
import type { SlurmCommand } from './slurm-command.ts'

export interface Snapshot {
  /** Nothing in it is older. */
  readonly fromMs: number
  /** Nothing in it is newer. */
  readonly untilMs: number
  readonly jobs: readonly SlurmJob[]
  readonly nodes: ReadonlyMap<string, SlurmNode>
  /** The instant of this machine's counter at which the controller's clock showed these seconds. */
  readonly atSeconds: (seconds: number) => number
}

export interface Snapshots {
  /** One that is not older than this instant: of memory where there is one. Throws when Slurm cannot tell. */
  readonly since: (instantMs: number) => Promise<Snapshot>
  /**
   * One that ended just now, or ends next. Counted from its end, so that a look that takes long, as at a long queue, serves
   * everybody too who asks about what it showed.
   */
  readonly recent: () => Promise<Snapshot>
}

/** Between the two clocks, as it was when it was last found to have changed. */
interface ClockRecord {
  readonly bootId: string
  readonly offsetMs: number
}

export interface SnapshotSource {
  readonly directory: string
  readonly bootId: string
  readonly slurm: SlurmCommand
}

/** The controller tells whole seconds, so less than this is no difference. */
const CLOCK_TOLERANCE_MS = 2000
/** What was seen this long ago is as good as now. */
const FRESH_MS = 250

/** One look at a time: many that ask for a newer one share the next, or they would bury a controller with a long queue. */
export function createSnapshots(source: SnapshotSource): Snapshots {
  let last: Snapshot | null = null
  let next: Promise<Snapshot> | null = null
  let underWay: { readonly fromMs: number; readonly snapshot: Promise<Snapshot> } | null = null
  const take = () => {
    const own = { fromMs: monotonicMs(), snapshot: takeSnapshot(source) }
    underWay = own
    const end = () => {
      if (underWay === own) underWay = null
    }
    own.snapshot.then((snapshot) => {
      if (last === null || last.fromMs < snapshot.fromMs) last = snapshot
      end()
    }, end)
    return own.snapshot
  }
  return {
    recent: async () => {
      if (last !== null && last.untilMs >= monotonicMs() - FRESH_MS) return last
      return underWay?.snapshot ?? take()
    },
    since: async (instantMs) => {
      if (last !== null && last.fromMs >= instantMs) return last
      if (underWay !== null && underWay.fromMs >= instantMs) return underWay.snapshot
      if (underWay === null) return next ?? take()
      // Begun when that one has ended, whatever came of it, so later than anybody asked who waits for it.
      const begin = () => {
        next = null
        return take()
      }
      next ??= underWay.snapshot.then(begin, begin)
      return next
    },
  }
}

async function takeSnapshot(source: SnapshotSource): Promise<Snapshot> {
  const { slurm } = source
  const fromMs = monotonicMs()
  const [jobs, nodes, clock] = await Promise.all([
    slurm('squeue', ['--json']).then(parseJobs),
    slurm('sinfo', ['--json']).then(parseNodes),
    slurm('sdiag', []).then((text) => offsetOf(source, parseControllerSeconds(text), fromMs)),
  ])
  return {
    fromMs,
    untilMs: monotonicMs(),
    jobs,
    nodes: new Map(nodes.map((node) => [node.name, node])),
    atSeconds: (seconds) => Math.round(seconds * 1000 + clock),
  }
}

/**
 * Kept in a file, so that an instant of Slurm's is the same instant of ours whenever and by whomever it is asked for;
 * measured anew when one of the clocks was set.
 */
async function offsetOf(
  { directory, bootId }: SnapshotSource,
  controllerSeconds: number,
  nowMs: number,
): Promise<number> {
  const path = join(directory, 'clock.json')
  // Half a second has passed of the second that it shows, on the average.
  const measuredMs = nowMs - controllerSeconds * 1000 - 500
  const kept = await readJson<ClockRecord>(path)
  if (kept?.bootId === bootId && Math.abs(kept.offsetMs - measuredMs) < CLOCK_TOLERANCE_MS)
    return kept.offsetMs
  await replaceFile(path, { bootId, offsetMs: measuredMs } satisfies ClockRecord)
  return measuredMs
}
