/** Every environment variable of the server, parsed once. Nothing else reads the environment. */
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { type OtelSettings, readOtel } from '#platform/telemetry/otlp/otel-settings.ts'

export interface Config {
  readonly port: number
  /** Gateway processes on that port. */
  readonly gateways: number
  /** How people reach this installation from outside; null: at the port itself. Without a slash at its end. */
  readonly publicUrl: string | null
  readonly dataDir: string
  /** Null: PostgreSQL comes with the program and lives in the data folder. */
  readonly databaseUrl: string | null
  readonly fleetFile: string
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'
  /** Where Hugging Face references are loaded from. */
  readonly hubUrl: string
  /** For models that the hub gives to known people only. */
  readonly hubToken: string | null
  /** Networks of proxies whose word on where a request came from is taken. */
  readonly trustedProxies: readonly string[]
  /** Whether the request log is kept. */
  readonly isLoggingRequests: boolean
  /** Where telemetry goes; null: nowhere. */
  readonly otel: OtelSettings | null
}

export type ConfigOutcome =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

const PUBLIC_URL_FORM =
  'must be the address that people use, without a path, such as https://spillway.example.com'

const GATEWAYS_FORM = 'must be a number of processes from 1 to 16'

const PROXIES_FORM =
  'must be addresses or networks with commas between, such as 127.0.0.1,10.0.0.0/8'

const environment = z.object({
  SPILLWAY_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535, such as 4510')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port number from 0 to 65535, such as 4510')
    .default(4510),
  SPILLWAY_GATEWAYS: z
    .string()
    .regex(/^([1-9]|1[0-6])$/, GATEWAYS_FORM)
    .transform(Number)
    .default(1),
  SPILLWAY_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: PUBLIC_URL_FORM })
    .transform((text) => new URL(text))
    .refine(({ href, origin }) => href === `${origin}/`, PUBLIC_URL_FORM)
    .transform(({ origin }) => origin)
    .optional(),
  SPILLWAY_DATA_DIR: z.string().min(1).default('.spillway'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://')
    .optional(),
  SPILLWAY_FLEET: z.string().min(1).optional(),
  SPILLWAY_LOG_LEVEL: z.enum(LEVELS, `must be one of ${LEVELS.join(', ')}`).default('warn'),
  HF_ENDPOINT: z
    .url('must be an address such as https://huggingface.co')
    .default('https://huggingface.co'),
  HF_TOKEN: z.string().min(1).optional(),
  SPILLWAY_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], PROXIES_FORM)))
    .default([]),
  SPILLWAY_REQUEST_LOG: z
    .enum(['on', 'off'], 'must be on or off')
    .transform((word) => word === 'on')
    .default(true),
})

/** Reads the configuration, or says everything that is wrong with it. `root` is the repository's folder. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  { root, cwd }: { readonly root: string; readonly cwd: string },
): ConfigOutcome {
  const parsed = environment.safeParse(env)
  const otel = readOtel(env)
  if (!parsed.success || otel.kind === 'refused') {
    const own =
      parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? []
    return { kind: 'refused', faults: [...own, ...(otel.kind === 'refused' ? otel.faults : [])] }
  }
  const {
    SPILLWAY_PORT,
    SPILLWAY_GATEWAYS,
    SPILLWAY_PUBLIC_URL,
    SPILLWAY_DATA_DIR,
    DATABASE_URL,
    SPILLWAY_FLEET,
    SPILLWAY_LOG_LEVEL,
    HF_ENDPOINT,
    HF_TOKEN,
    SPILLWAY_TRUSTED_PROXIES,
    SPILLWAY_REQUEST_LOG,
  } = parsed.data
  return {
    kind: 'config',
    config: {
      port: SPILLWAY_PORT,
      gateways: SPILLWAY_GATEWAYS,
      publicUrl: SPILLWAY_PUBLIC_URL ?? null,
      dataDir: resolve(cwd, SPILLWAY_DATA_DIR),
      databaseUrl: DATABASE_URL ?? null,
      fleetFile:
        SPILLWAY_FLEET === undefined
          ? join(root, 'examples/laptop.yaml')
          : resolve(cwd, SPILLWAY_FLEET),
      logLevel: SPILLWAY_LOG_LEVEL,
      hubUrl: HF_ENDPOINT,
      hubToken: HF_TOKEN ?? null,
      trustedProxies: SPILLWAY_TRUSTED_PROXIES,
      isLoggingRequests: SPILLWAY_REQUEST_LOG,
      otel: otel.settings,
    },
  }
}
