/** What a lease is for: a command that runs to its end, or a service behind a port. What a port needs stands here. */
import { z } from 'zod'
import { API_BASE } from './endpoint.ts'

/** `job`: a command that runs to its end. `service`: one that answers at a port until it is stopped. */
export const LeaseMode = z.enum(['job', 'service'])
export type LeaseMode = z.infer<typeof LeaseMode>

export const HealthState = z.enum(['starting', 'healthy', 'unhealthy'])
export type HealthState = z.infer<typeof HealthState>

const healthCheck = {
  path: z
    .string()
    .max(2048)
    .regex(/^\/[\x21-\x7e]*$/, 'starts with / and holds no spaces')
    .nullable()
    .default(null)
    .meta({
      description:
        'Asked by GET; an answer of 2xx or 3xx is healthy. Null: an open port is healthy.',
    }),
  intervalMs: z.number().int().min(1000).max(600_000).default(5000),
  timeoutMs: z.number().int().min(100).max(30_000).default(2000),
  failuresMax: z.number().int().min(1).max(100).default(3).meta({
    description: 'So many failed checks in a row make a healthy service unhealthy.',
  }),
}

/** What is asked for a service. */
export const ServiceRequest = z.strictObject({
  port: z.number().int().min(0).max(65_535).default(0).meta({
    description:
      'Where the command listens; it is told as $SPILLWAY_PORT. 0: a free one is picked for it.',
  }),
  health: z.strictObject(healthCheck).prefault({}),
})
export type ServiceRequest = z.infer<typeof ServiceRequest>

/** A service as its lease shows it. */
export const LeaseService = z.object({
  port: z.number().int(),
  health: z.object(healthCheck),
  state: HealthState,
  /** What the last change of its health was, as a sentence. */
  text: z.string(),
  /** Below the installation\u2019s address; every request under it reaches the service. */
  path: z.string(),
})
export type LeaseService = z.infer<typeof LeaseService>

/** Where a service answers, below the installation\u2019s address. Also $SPILLWAY_BASE_PATH. */
export function servicePath(leaseId: string): string {
  return `${API_BASE}/leases/${leaseId}/proxy/`
}

/** Variables of a command. */
export const Environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and _, not starting with a digit'),
  z.string().max(32_768),
)
export type Environment = z.infer<typeof Environment>

interface Work {
  readonly mode: LeaseMode
  readonly service?: ServiceRequest | undefined
  readonly environment: Environment
  readonly secretEnvironment?: Environment | undefined
}

/** Adds what no single field can say is wrong. */
export function findWorkFault({ value, issues }: z.core.ParsePayload<Work>): void {
  const fault = (path: (string | number)[], message: string): void =>
    void issues.push({ code: 'custom', path, message, input: undefined })
  if (value.service !== undefined && value.mode !== 'service')
    fault(['service'], 'only a lease of mode service has one')
  for (const name of Object.keys(value.secretEnvironment ?? {}))
    if (Object.hasOwn(value.environment, name))
      fault(['secretEnvironment', name], 'is in environment too; a variable is secret or it is not')
}
