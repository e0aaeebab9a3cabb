/** What a lease is for: a command that runs to its end, a service behind a port, or a terminal. What these need stands here. */
import { z } from 'zod'
import { API_BASE } from './endpoint.ts'

/**
 * `job`: a command that runs to its end. `service`: one that answers at a port until it is stopped. `interactive`: one
 * in a terminal, to which people attach.
 */
export const LeaseMode = z.enum(['job', 'service', 'interactive'])
export type LeaseMode = z.infer<typeof LeaseMode>

/** When a lease starts again by itself. `on_failure` includes `on_reclaim`. */
export const RequeuePolicy = z.enum(['never', 'on_reclaim', 'on_failure'])
export type RequeuePolicy = z.infer<typeof RequeuePolicy>

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

const YEAR_MS = 31_536_000_000

/** How long an interactive lease may be left alone when nothing is said. */
export const IDLE_LIMIT_DEFAULT_MS = 3_600_000

export const IdleLimit = z.number().int().min(1000).max(YEAR_MS).nullable()

/** Where a service answers, and the terminal of an interactive lease, below the installation\u2019s address. Also $SPILLWAY_BASE_PATH. */
export function servicePath(leaseId: string): string {
  return `${API_BASE}/leases/${leaseId}/proxy/`
}

/** Variables of a command. */
export const Environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and _, not starting with a digit'),
  z.string().max(32_768),
)
export type Environment = z.infer<typeof Environment>

/** A place below the folder that the command runs in. */
const FilePath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) => path.split('/').every((part) => !['', '.', '..'].includes(part)),
    'names a file below the working folder, such as data/set.tar, without . or ..',
  )

/** A file that is fetched before the command starts. */
export const LeaseInput = z.strictObject({
  path: FilePath,
  url: z
    .string()
    .max(65_536)
    .regex(/^(https?:\/\/|data:)/, 'starts with https://, http:// or data:')
    .meta({ description: 'Asked by GET from where the lease runs; kept like a secret.' }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is 64 hexadecimal digits in lower case')
    .optional(),
})
export type LeaseInput = z.infer<typeof LeaseInput>

/** A file that is sent away when the command has ended. */
export const LeaseOutput = z.strictObject({
  path: FilePath,
  url: z
    .string()
    .max(65_536)
    .regex(/^https?:\/\//, 'starts with https:// or http://')
    .meta({ description: 'Sent by PUT from where the lease runs; kept like a secret.' }),
})
export type LeaseOutput = z.infer<typeof LeaseOutput>

/** A file of a lease that comes from or goes to elsewhere; of the address only the host is told. */
export const LeaseTransfer = z.object({ path: z.string(), host: z.string() })
export type LeaseTransfer = z.infer<typeof LeaseTransfer>

const GIB = 1024 ** 3

export const files = {
  inputs: z.array(LeaseInput).max(100).default([]).meta({
    description: 'Files that are fetched into the working folder before the command starts.',
  }),
  outputs: z.array(LeaseOutput).max(100).default([]).meta({
    description: 'Files of the working folder that are sent away when the command has ended.',
  }),
  artifactsBytesMax: z
    .number()
    .int()
    .min(1)
    .max(1024 * GIB)
    .default(10 * GIB)
    .meta({
      description: 'What $SPILLWAY_ARTIFACTS_DIR may hold; a lease that fills it is ended.',
    }),
}

/** A file that a lease left in its artifacts folder. */
export const Artifact = z.object({
  path: z.string(),
  bytes: z.number().int(),
  modifiedAt: z.iso.datetime({ precision: 3 }),
})
export type Artifact = z.infer<typeof Artifact>

/** How long all addresses of a lease may be together: they reach the command's node as one text. */
const TRANSFERS_CHARACTERS_MAX = 96_000

interface Work {
  readonly command: readonly string[]
  readonly image?: string | undefined
  readonly inputs: readonly LeaseInput[]
  readonly outputs: readonly LeaseOutput[]
  readonly mode: LeaseMode
  readonly service?: ServiceRequest | undefined
  readonly idleLimitMs?: number | null | undefined
  readonly environment: Environment
  readonly secretEnvironment?: Environment | undefined
}

/** Adds what no single field can say is wrong. */
export function findWorkFault({ value, issues }: z.core.ParsePayload<Work>): void {
  const fault = (path: (string | number)[], message: string): void =>
    void issues.push({ code: 'custom', path, message, input: undefined })
  if (value.command.length === 0 && value.image === undefined)
    fault(['command'], 'name the command to run, after --')
  if (value.service !== undefined && value.mode !== 'service')
    fault(['service'], 'only a lease of mode service has one')
  if (value.idleLimitMs !== undefined && value.mode !== 'interactive')
    fault(['idleLimitMs'], 'only a lease of mode interactive has one')
  if (JSON.stringify([value.inputs, value.outputs]).length > TRANSFERS_CHARACTERS_MAX)
    fault(
      ['inputs'],
      `all addresses together are longer than ${TRANSFERS_CHARACTERS_MAX} characters`,
    )
  for (const name of Object.keys(value.secretEnvironment ?? {}))
    if (Object.hasOwn(value.environment, name))
      fault(['secretEnvironment', name], 'is in environment too; a variable is secret or it is not')
}
