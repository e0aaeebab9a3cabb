/** One reclaim from end to end: a victim on every slot, an anchor that needs them all, and when its process began. */
import { spawn } from 'node:child_process'
import type { Lease, LeaseFact } from '../../packages/contract/src/index.ts'
import { untilTrue } from '../../packages/server/test/harness/until-true.ts'
import type { Stand } from './stand.ts'

/** What the victim does about being taken back. */
export type Manner = 'obeys at the notice' | 'obeys at the stop' | 'ignores everything'

export const GRACE_MS = 500
const WITHIN = { timeoutMs: 60_000 }

/** A process that tells its own first instant, by the wall clock. */
const TELL_THE_TIME = ['date', '+%s%N']
const STUBBORN = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done']
const WILLING = ['sh', '-c', 'echo ready; exec sleep 600']

/** Instants in milliseconds of trusted time. */
export interface Reclaim {
  readonly noticeAtMs: number
  readonly stopAtMs: number
  readonly goneAtMs: number
  /** As the engine recorded it. */
  readonly startedAtMs: number
  /** As the process itself saw it. */
  readonly firstInstantMs: number
}

function lookUp({ operator }: Stand, id: string): Promise<Lease> {
  return operator.getLease({ params: { id } })
}

async function logOf({ operator }: Stand, id: string): Promise<string> {
  return (await operator.getLeaseLogs({ params: { id } })).text()
}

async function placeVictim(stand: Stand, manner: Manner): Promise<string> {
  const { id } = await stand.buyer.createLease({
    body: {
      command: manner === 'ignores everything' ? STUBBORN : WILLING,
      tier: 'spot',
      gpus: stand.slots,
      graceMs: GRACE_MS,
      noticeSignal: manner === 'obeys at the stop' ? 'none' : 'SIGTERM',
    },
  })
  // Only when its trap is set does it behave as it should.
  await untilTrue(async () => (await logOf(stand, id)).includes('ready'), WITHIN)
  await untilTrue(async () => (await lookUp(stand, id)).state === 'running', WITHIN)
  return id
}

function instantOf(facts: readonly LeaseFact[], type: string): number {
  const fact = facts.find((each) => each.type === type)
  if (!fact) throw new Error(`the victim has no fact ${type}`)
  return Date.parse(fact.at)
}

export async function reclaimOnce(stand: Stand, manner: Manner): Promise<Reclaim> {
  const { operator } = stand
  const victimId = await placeVictim(stand, manner)
  const { id } = await operator.runAnchor({ body: { command: TELL_THE_TIME, gpus: stand.slots } })
  await untilTrue(async () => (await lookUp(stand, id)).state === 'ended', WITHIN)
  const offsetMs = await stand.offsetMs()
  const anchor = await lookUp(stand, id)
  const victim = await lookUp(stand, victimId)
  const { items: facts } = await operator.listLeaseFacts({ params: { id: victimId } })
  return {
    noticeAtMs: Date.parse(victim.noticeAt ?? ''),
    stopAtMs: Date.parse(victim.stopAt ?? ''),
    goneAtMs: instantOf(facts, 'lease.confirmed_gone'),
    startedAtMs: Date.parse(anchor.startedAt ?? ''),
    firstInstantMs: Number(await logOf(stand, id)) / 1e6 + offsetMs,
  }
}

/** The same process started by nobody but the system: from the call to its own first instant, in milliseconds. */
export async function spawnBare(): Promise<number> {
  const [program = '', ...words] = TELL_THE_TIME
  const calledMs = performance.timeOrigin + performance.now()
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  return Number(said) / 1e6 - calledMs
}
