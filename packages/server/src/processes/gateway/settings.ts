/** What the parent tells a gateway process when it starts it: one JSON document in its environment. */
import { z } from 'zod'
import { OtelSettings } from '#platform/telemetry/otlp/otel-settings.ts'

/** The variable's name. An argument would show the database's password in the process table. */
export const SETTINGS_VARIABLE = 'SPILLWAY_GATEWAY'

export const GatewaySettings = z.strictObject({
  databaseUrl: z.string().min(1),
  /** On 127.0.0.1; 0 takes a free one. */
  port: z.number().int().min(0).max(65_535),
  /** Other gateways of the same parent listen there as well; the system deals connections out among them. */
  isPortShared: z.boolean().optional(),
  /** Where everything but `/v1` goes: exactly one of the two. */
  api: z.union([
    z.strictObject({ url: z.url({ protocol: /^http$/ }) }),
    z.strictObject({ socketPath: z.string().min(1) }),
  ]),
  /** Holds the saved clock, so that this process measures time as its parent does, and the log. */
  dataDir: z.string().min(1),
  journalDirectory: z.string().min(1),
  /** Names this process's journal and holds; unique for each start. */
  writer: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
  /** Under which credentials are hashed. */
  pepper: z.string().min(1),
  /** Networks of proxies whose X-Forwarded-For is believed. */
  trustedProxies: z.array(z.string()).default([]),
  /** How long a server may say nothing amid an answer. Default: five minutes. */
  silenceMaxMs: z.number().int().min(100).optional(),
  /** Whether the request log is kept. */
  isLoggingRequests: z.boolean().default(true),
  /** Where telemetry goes; null: nowhere. */
  otel: OtelSettings.nullable().default(null),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('warn'),
})
export type GatewaySettings = z.infer<typeof GatewaySettings>

export type SettingsReading =
  | { readonly kind: 'settings'; readonly settings: GatewaySettings }
  | { readonly kind: 'invalid'; readonly message: string }

export function parseSettings(text: string | undefined): SettingsReading {
  const parsed = z
    .string({ error: `${SETTINGS_VARIABLE} is not set: a gateway is started by the server` })
    .transform((value, context) => {
      try {
        return JSON.parse(value) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: `${SETTINGS_VARIABLE} is not JSON` })
        return z.NEVER
      }
    })
    .pipe(GatewaySettings)
    .safeParse(text)
  if (parsed.success) return { kind: 'settings', settings: parsed.data }
  return { kind: 'invalid', message: z.prettifyError(parsed.error) }
}
