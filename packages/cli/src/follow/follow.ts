/**
 * Follows a lease: its output, the facts of its life as they happen, and what it waits for. Ctrl-C only detaches. A
 * server that is restarted meanwhile is waited for.
 */
import { ProblemError, type Lease, type Client } from '@spillway/contract'
import { Failure } from '../failure.ts'
import type { Output } from '../output/output.ts'
import { toLine } from '../output/text.ts'
import { renderClock } from '../output/time.ts'
import type { Surroundings } from '../surroundings.ts'
import { isAway } from '../transport.ts'
import { readLogs } from './logs.ts'
import { describeWait } from './waiting.ts'

const POLL_MS = 500
const RETRY_MS = 1000
const LOST_MAX_MS = 300_000
/** How long the log may still flow after the lease has ended, before it is read to its end instead. */
const LOG_END_MS = 5000
const LOG_LOOK_MS = 20

export interface FollowOptions {
  readonly client: Client
  readonly output: Output
  readonly surroundings: Surroundings
  readonly id: string
  /** `started` only waits; `ended` also shows the output. */
  readonly until: 'started' | 'ended'
  /** Where the output of the command goes. */
  readonly take: (chunk: Uint8Array) => Promise<void>
  /** Bytes of the log that were shown already. */
  readonly offset?: number
  /** Facts that were shown already. */
  readonly factsSkipped?: number
}

export type Followed =
  | { readonly kind: 'reached'; readonly lease: Lease }
  | { readonly kind: 'detached' }

export async function followLease(options: FollowOptions): Promise<Followed> {
  const detach = new AbortController()
  const stopListening = options.surroundings.onInterrupt(() => detach.abort())
  const bell = createBell()
  try {
    const logs = options.until === 'ended' ? pumpLogs(options, detach.signal, bell) : null
    const watching = watch(options, detach.signal, bell)
    const lease = await (logs === null ? watching : Promise.race([watching, logs.failed]))
    await logs?.finish()
    return { kind: 'reached', lease }
  } catch (error) {
    if (detach.signal.aborted) return { kind: 'detached' }
    throw error
  } finally {
    detach.abort()
    options.output.progress(null)
    stopListening()
  }
}

/** Rung when the log ends, which nearly always means that the lease has: the watcher then looks at once. */
interface Bell {
  readonly ring: () => void
  /** Aborts at the next ring. */
  readonly next: () => AbortSignal
}

function createBell(): Bell {
  let controller = new AbortController()
  return {
    ring: () => {
      controller.abort()
      controller = new AbortController()
    },
    next: () => controller.signal,
  }
}

/** Tells each new fact until the lease is where it was waited for. */
async function watch(options: FollowOptions, signal: AbortSignal, bell: Bell): Promise<Lease> {
  const { client, id, output, surroundings, until } = options
  const params = { id }
  let told = options.factsSkipped ?? 0
  for (;;) {
    const rung = bell.next()
    // The lease first: facts up to its state are then certainly among those that follow.
    const lease = await patiently(options, signal, () => client.getLease({ params, signal }))
    const facts = await patiently(options, signal, () => client.listLeaseFacts({ params, signal }))
    for (const fact of facts.items.slice(told)) {
      const clock = renderClock(fact.at, surroundings.nowMs())
      await output.note(output.notePaint('dim', `${clock}  ${toLine(fact.text)}`))
    }
    told = Math.max(told, facts.items.length)
    if (lease.state === 'ended') return lease
    if (until === 'started' && lease.state === 'running') return lease
    output.progress(await describeWait(options, lease, facts.items))
    await surroundings.wait(POLL_MS, AbortSignal.any([signal, rung]))
    signal.throwIfAborted()
  }
}

interface Pump {
  /** Rejects when the log cannot be shown any further; never resolves. */
  readonly failed: Promise<never>
  /** Resolves when the whole log was taken. Called once the lease has ended. */
  readonly finish: () => Promise<void>
}

function pumpLogs(options: FollowOptions, detached: AbortSignal, bell: Bell): Pump {
  const { client, id, surroundings, take } = options
  const enough = new AbortController()
  const signal = AbortSignal.any([detached, enough.signal])
  const cursor = { offset: options.offset ?? 0 }
  const reading = { client, id, cursor, take }
  const stream = { isOpen: true }
  const pump = async (): Promise<void> => {
    while (!signal.aborted) {
      stream.isOpen = true
      await readLogs({ ...reading, signal, isFollowing: true }).catch((error: unknown) => {
        // The watcher tells of a lost connection; here it only means reading on after the last byte.
        if (isRefusal(error) || isBrokenPipe(error)) throw error
      })
      stream.isOpen = false
      bell.ring()
      await surroundings.wait(POLL_MS, signal)
    }
  }
  const pumping = pump()
  const failed = new Promise<never>((_done, fail) => void pumping.catch(fail))
  return {
    failed,
    finish: async () => {
      for (let waitedMs = 0; stream.isOpen && waitedMs < LOG_END_MS; waitedMs += LOG_LOOK_MS)
        await Promise.race([pumping, surroundings.wait(LOG_LOOK_MS, signal)])
      enough.abort()
      await pumping
      await readLogs({ ...reading, signal: detached, isFollowing: false })
    },
  }
}

/** Repeats a request while the server is away; every other failure is thrown at once. */
async function patiently<T>(
  { output, surroundings }: FollowOptions,
  signal: AbortSignal,
  request: () => Promise<T>,
): Promise<T> {
  const lostAtMs = surroundings.nowMs()
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await request()
      if (attempt > 0) await output.note('The server is back.')
      return answer
    } catch (error) {
      signal.throwIfAborted()
      if (!isAway(error) || surroundings.nowMs() - lostAtMs > LOST_MAX_MS) throw error
      if (attempt === 0) await output.note('The connection is lost; waiting for the server…')
      await surroundings.wait(RETRY_MS, signal)
    }
  }
}

function isRefusal(error: unknown): boolean {
  return (error instanceof Failure || error instanceof ProblemError) && !isAway(error)
}

function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EPIPE'
}
