/** What the journal records, and how: one line of JSON each, quantities as text so that they stay exact. Pure. */
import { assert } from '#kernel/assert.ts'
import { picos } from '#kernel/money.ts'
import { assertUsageEvent, type UsageEvent, type UsageTask } from './usage-event.ts'

export type JournalRecord =
  /** What a request used, finally. */
  | { readonly kind: 'usage'; readonly event: UsageEvent }
  /** What a running request used so far; counts only if the writer dies before its `usage`. */
  | { readonly kind: 'progress'; readonly event: UsageEvent }
  /** The writer has finished with this hold: what is left goes back once everything before is posted. */
  | { readonly kind: 'hold_closed'; readonly holdId: string }

/** Ends every segment but the one that is written to. */
export interface SegmentEnd {
  readonly kind: 'segment_end'
  /** No other segment follows: the writer ended in good order. */
  readonly isLast: boolean
}

export type SegmentRecord = JournalRecord | SegmentEnd

const KINDS = { usage: 'u', progress: 'p', hold_closed: 'h', segment_end: 'e' } as const

/** One line without its line break. Refuses what could not be posted later. */
export function encodeRecord(record: SegmentRecord): string {
  if (record.kind === 'segment_end') return JSON.stringify([KINDS.segment_end, record.isLast])
  if (record.kind === 'hold_closed') {
    assert(record.holdId !== '', 'a hold that is closed has an id')
    return JSON.stringify([KINDS.hold_closed, record.holdId])
  }
  const { event } = record
  assertUsageEvent(event)
  const { id, organizationId, projectId, resource, holdId, from, to } = event
  const lines = event.lines.map(({ sku, priceId, quantity }) => [sku, priceId, String(quantity)])
  const names = [id, organizationId, projectId, resource, holdId]
  const fields = [KINDS[record.kind], ...names, from.getTime(), to.getTime(), lines]
  return JSON.stringify([...fields, ...encodeRest(event)])
}

/** What most events do not have, in order; what is absent at the end is left out. */
function encodeRest({ detail, budgets, task, note }: UsageEvent): readonly unknown[] {
  const rest = [
    detail ?? null,
    budgets ? [budgets.leaseIds, String(budgets.cost)] : null,
    task ? [task.id, task.asked, task.routeVersion, task.tries] : null,
    note ?? null,
  ]
  while (rest.length > 0 && rest.at(-1) === null) rest.pop()
  return rest
}

/** The records of a frame. Throws when the payload is not what `encodeRecord` writes. */
export function decodePayload(payload: Buffer): readonly SegmentRecord[] {
  return payload
    .toString('utf8')
    .split('\n')
    .map((line) => decodeRecord(JSON.parse(line)))
}

export function encodePayload(lines: readonly string[]): Buffer {
  return Buffer.from(lines.join('\n'), 'utf8')
}

function decodeRecord(fields: unknown): SegmentRecord {
  assert(Array.isArray(fields), 'a record is a list')
  const [kind, ...rest] = fields as readonly unknown[]
  if (kind === KINDS.usage) return { kind: 'usage', event: decodeEvent(rest) }
  if (kind === KINDS.progress) return { kind: 'progress', event: decodeEvent(rest) }
  if (kind === KINDS.hold_closed) return { kind: 'hold_closed', holdId: text(rest[0]) }
  assert(kind === KINDS.segment_end, `a record of an unknown kind: ${String(kind)}`)
  return { kind: 'segment_end', isLast: rest[0] === true }
}

function decodeEvent(fields: readonly unknown[]): UsageEvent {
  const [id, organizationId, projectId, resource, holdId, from, to, ...rest] = fields
  const [lines, detail, budgets, task, note] = rest
  assert(Array.isArray(lines), 'an event has lines')
  return {
    id: text(id),
    organizationId: text(organizationId),
    projectId: text(projectId),
    resource: text(resource),
    holdId: holdId === null ? null : text(holdId),
    from: instant(from),
    to: instant(to),
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(Array.isArray(budgets) ? { budgets: decodeBudgets(budgets) } : {}),
    ...(Array.isArray(task) ? { task: decodeTask(task) } : {}),
    ...(typeof note === 'string' ? { note } : {}),
    lines: lines.map((line: unknown) => {
      assert(Array.isArray(line), 'a line is a list')
      return { sku: text(line[0]), priceId: text(line[1]), quantity: BigInt(text(line[2])) }
    }),
  }
}

function decodeBudgets([leaseIds, cost]: readonly unknown[]): NonNullable<UsageEvent['budgets']> {
  assert(Array.isArray(leaseIds), 'leases are a list')
  return { leaseIds: leaseIds.map(text), cost: picos(BigInt(text(cost))) }
}

function decodeTask([id, asked, routeVersion, tries]: readonly unknown[]): UsageTask {
  return {
    ...{ id: text(id), asked: text(asked), tries: wholeNumber(tries) },
    routeVersion: routeVersion === null ? null : wholeNumber(routeVersion),
  }
}

function wholeNumber(value: unknown): number {
  assert(Number.isSafeInteger(value), 'a count is a whole number')
  return value as number
}

function text(value: unknown): string {
  assert(typeof value === 'string', 'a name is text')
  return value
}

function instant(value: unknown): Date {
  assert(Number.isSafeInteger(value), 'an instant is a whole number of milliseconds')
  return new Date(value as number)
}
