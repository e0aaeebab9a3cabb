/**
 * Decides what to do with one replica of a deployment: pure, on what is known of its row, its lease and its health.
 * A replica that crashes is started again after a pause that doubles; one that was taken back waits for room.
 */

export interface ReplicaRow {
  readonly ordinal: number
  readonly leaseId: string | null
  readonly url: string | null
  readonly state: 'starting' | 'ready' | 'draining' | 'backing_off' | 'stopped'
  readonly text: string
  readonly crashes: number
  readonly retryAt: Date | null
  /** Since when it gets no new request, because it is to go. */
  readonly drainingSince: Date | null
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

/** What a replica says of itself. */
export interface Load {
  readonly busy: number
  readonly waiting: number
  /** Requests that it answers at once. */
  readonly places: number
  /** Read and written since it started. */
  readonly tokens: number
}

export type Health =
  | { readonly kind: 'ready'; readonly url: string; readonly load: Load | null }
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
    drainingSince: null,
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

/** Of one that is wanted: it drains no more. */
function change(row: ReplicaRow, change: Partial<ReplicaRow>): ReplicaAction {
  const wanted = { ...change, drainingSince: null }
  const isSame = Object.entries(wanted).every(
    ([name, value]) => row[name as keyof ReplicaRow] === value,
  )
  return isSame ? { kind: 'nothing' } : { kind: 'note', change: wanted }
}

const AS_KEPT: readonly ReplicaRow['state'][] = [
  'ready',
  'draining',
  'starting',
  'backing_off',
  'stopped',
]

/** Which rows are kept when so many replicas are wanted: what serves, or can again at once, before what has yet to start. */
export function chooseKept<Row extends Pick<ReplicaRow, 'state' | 'ordinal'>>(
  rows: readonly Row[],
  wanted: number,
): { readonly kept: readonly Row[]; readonly leaving: readonly Row[] } {
  const ranked = rows.toSorted(
    (a, b) => AS_KEPT.indexOf(a.state) - AS_KEPT.indexOf(b.state) || a.ordinal - b.ordinal,
  )
  return { kept: ranked.slice(0, wanted), leaving: ranked.slice(wanted) }
}

/** Numbers that are not taken, lowest first. */
export function freeOrdinals(
  rows: readonly Pick<ReplicaRow, 'ordinal'>[],
  count: number,
): readonly number[] {
  const taken = new Set(rows.map(({ ordinal }) => ordinal))
  const free: number[] = []
  for (let ordinal = 0; free.length < count; ordinal++) if (!taken.has(ordinal)) free.push(ordinal)
  return free
}

export type LeavingAction =
  | { readonly kind: 'drain'; readonly change: Partial<ReplicaRow> }
  | { readonly kind: 'wait' }
  /** Nothing of it is under way any more, or its time for that is over. */
  | { readonly kind: 'go' }

export interface DrainLimits {
  /** Until then, not every gateway may know that it gets nothing new. */
  readonly settleMs: number
  readonly withinMs: number
}

/** What to do next with a replica that is not wanted any more. */
export function decideLeaving(
  row: ReplicaRow,
  health: Health,
  { now, limits }: { readonly now: Date; readonly limits: DrainLimits },
): LeavingAction {
  if (row.state === 'ready') {
    const text = 'Gets nothing new; answers what is under way, and goes.'
    return { kind: 'drain', change: { state: 'draining', drainingSince: now, text } }
  }
  if (row.state !== 'draining' || row.drainingSince === null) return { kind: 'go' }
  const drainsMs = now.getTime() - row.drainingSince.getTime()
  if (drainsMs >= limits.withinMs) return { kind: 'go' }
  // What cannot be asked may still be answering.
  const load = health.kind === 'ready' ? health.load : null
  const isQuiet = load !== null && load.busy === 0 && load.waiting === 0
  return isQuiet && drainsMs >= limits.settleMs ? { kind: 'go' } : { kind: 'wait' }
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
  if (row.state === 'ready' || row.state === 'draining')
    return change(row, { state: 'starting', url: null, text: 'Does not answer; looking again.' })
  return change(row, { state: 'starting', url: null, text: 'Loads its weights.' })
}
