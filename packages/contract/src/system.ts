/** The installation itself: state, audit, and the stream of events. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Instant, Limit, list } from './primitives.ts'

export const System = z.object({
  version: z.string(),
  installation: z.string(),
  now: Instant,
  /** Trusted clock minus wall clock; large after somebody set the wall clock. */
  clockOffsetMs: z.number().int(),
  database: z.enum(['ready', 'unavailable']),
  gateway: z.enum(['ready', 'unavailable']),
  finding: z.string(),
  meterBacklogEvents: z.number().int(),
})
export type System = z.infer<typeof System>

export const getSystem = endpoint({
  id: 'system.get',
  method: 'GET',
  path: '/system',
  summary: 'State of the installation',
  permission: 'system.read',
  returns: System,
})

/** A fact, as the event stream carries it. Types are past tense: `lease.started`. */
export const Event = z.object({
  /** Position in the stream; send it as Last-Event-ID to continue. */
  position: z.string(),
  at: Instant,
  type: z.string(),
  organization: z.string().nullable(),
  subject: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type Event = z.infer<typeof Event>

export const streamEvents = endpoint({
  id: 'event.stream',
  method: 'GET',
  path: '/events',
  summary: 'Live events of leases and replicas; continues from Last-Event-ID',
  permission: 'event.stream',
  answer: 'events',
  query: z.strictObject({ after: z.string().max(100).optional() }),
  returns: Event,
})

export const AuditEvent = z.object({
  id: z.string(),
  at: Instant,
  actor: z.string(),
  organization: z.string(),
  action: z.string(),
  target: z.string().nullable(),
  outcome: z.string(),
  requestId: z.string(),
})
export type AuditEvent = z.infer<typeof AuditEvent>

export const listAuditEvents = endpoint({
  id: 'audit_event.list',
  method: 'GET',
  path: '/audit-events',
  summary: 'The audit log, newest first',
  permission: 'audit.list',
  audit: 'sensitive_read',
  query: z.strictObject({ cursor: z.string().max(100).optional(), limit: Limit }),
  returns: list(AuditEvent),
})
