/**
 * Decides what to do with one replica of a deployment: pure, on what is known of its row, its lease and its health.
 * A replica that crashes is started again after a pause that doubles; one that was taken back waits for room.
 */

export interface ReplicaRow {
  readonly ordinal: number
  readonly leaseId: string | null
  readonly url: string | null
  readonly state: 'starting' | 'ready' | 'backing_off' | 'stopped'
  readonly text: string
  readonly crashes: number
  readonly retryAt: Date | null
}

/** The replica's lease, as far as it matters here. Null: it has none. */
export interface ReplicaLease {
  readonly state: 'pending' | 'starting' | 'running' | 'reclaiming' | 'ended'
  readonly waitingFor: string | null
  readonly endReason: string | null
  readonly exitCode: number | null
  readonly exitSignal: string | null
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

export type Health =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'loading' }
  | { readonly kind: 'unknown' }

export type ReplicaAction =
  /** Create a lease for it. */
  | { readonly kind: 'lease' }
  /** Stop its lease: it had its time to become ready. */
  | { readonly kind: 'give_up'; readonly change: Partial<ReplicaRow> }
  | { readonly kind: 'note'; readonly change: Partial<ReplicaRow> }
  | { readonly kind: 'nothing' }

export interface BackoffLimits {
  readonly minMs: number
  readonly maxMs: number
  /** A replica that ran this long starts again with a clean record. */
  readonly steadyAfterMs: number
  readonly readyWithinMs: number
}

/** Of a replica with nothing special about it. */
export const SERVES_TEXT = 'Serves.'

/** Pause before the next start after so many crashes in a row. */
export function backoffMs(crashes: number, { minMs, maxMs }: BackoffLimits): number {
  return Math.min(maxMs, minMs * 2 ** Math.max(0, Math.min(crashes, 30) - 1))
}

interface Crash {
  readonly how: string
  readonly crashes: number
  readonly at: Date
  /** Where it ran. */
  readonly leaseId: string | null
}

/** Backed off, shown with its reason, and billed to nobody. */
function backOff({ how, crashes, at, leaseId }: Crash, limits: BackoffLimits): Partial<ReplicaRow> {
  const pauseMs = backoffMs(crashes, limits)
  const log = leaseId === null ? '' : ` What it wrote: spillway lease logs ${leaseId}`
  return {
    state: 'backing_off',
    leaseId: null,
    url: null,
    crashes,
    retryAt: new Date(at.getTime() + pauseMs),
    text: `Crashed (${how}); crash ${crashes} in a row. Started again after a pause of ${Math.round(pauseMs / 1000)} s. It is billed to nobody.${log}`,
  }
}

function onEnd(row: ReplicaRow, lease: ReplicaLease, limits: BackoffLimits): ReplicaAction {
  if (lease.endReason === 'reclaimed' || lease.endReason === 'stopped') return { kind: 'lease' }
  const at = lease.endedAt ?? new Date(0)
  const ranMs = lease.startedAt ? at.getTime() - lease.startedAt.getTime() : 0
  const crashes = ranMs >= limits.steadyAfterMs ? 1 : row.crashes + 1
  const code = lease.exitCode === null ? (lease.endReason ?? '') : `exit code ${lease.exitCode}`
  const how = lease.exitSignal ?? code
  return { kind: 'note', change: backOff({ how, crashes, at, leaseId: row.leaseId }, limits) }
}

function change(row: ReplicaRow, wanted: Partial<ReplicaRow>): ReplicaAction {
  const isSame = Object.entries(wanted).every(
    ([name, value]) => row[name as keyof ReplicaRow] === value,
  )
  return isSame ? { kind: 'nothing' } : { kind: 'note', change: wanted }
}

/** What to do next with a replica that is wanted. */
export function decideReplica(
  row: ReplicaRow,
  lease: ReplicaLease | null,
  {
    health,
    servesText = SERVES_TEXT,
    now,
    limits,
  }: {
    readonly health: Health
    /** What is to be known of one that serves. */
    readonly servesText?: string
    readonly now: Date
    readonly limits: BackoffLimits
  },
): ReplicaAction {
  if (row.state === 'backing_off')
    return row.retryAt && row.retryAt > now ? { kind: 'nothing' } : { kind: 'lease' }
  if (lease === null) return { kind: 'lease' }
  if (lease.state === 'ended') return onEnd(row, lease, limits)
  if (lease.state === 'pending')
    return change(row, {
      state: 'starting',
      url: null,
      text: `Waits for ${lease.waitingFor ?? 'room'}.`,
    })
  if (lease.state === 'reclaiming')
    return change(row, { state: 'starting', url: null, text: 'Its slots are being taken back.' })
  if (health.kind === 'ready')
    return change(row, { state: 'ready', url: health.url, text: servesText })
  const runsMs = lease.startedAt ? now.getTime() - lease.startedAt.getTime() : 0
  if (runsMs > limits.readyWithinMs)
    return {
      kind: 'give_up',
      change: backOff(
        { how: 'not ready in time', crashes: row.crashes + 1, at: now, leaseId: row.leaseId },
        limits,
      ),
    }
  if (row.state === 'ready')
    return change(row, { state: 'starting', url: null, text: 'Does not answer; looking again.' })
  return change(row, { state: 'starting', url: null, text: 'Loads its weights.' })
}
