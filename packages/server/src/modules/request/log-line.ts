/**
 * A line of the request log as its writer makes it: one line of JSON whose names are the table's columns. Everything
 * that somebody else wrote is cut and made plain, so that the database takes every line. Pure.
 */
import type { RequestOutcome, RequestTry } from '@spillway/contract'
import { type Money, renderMoney } from '#kernel/money.ts'

export interface RequestTokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  readonly cacheWriteTokens?: number
  readonly reasoningTokens?: number
}

export interface RequestLine {
  readonly id: string
  readonly at: Date
  readonly organizationId: string
  readonly projectId: string
  readonly apiKeyId: string
  readonly endUser: string | null
  readonly dialect: string
  readonly isStream: boolean
  readonly modelAsked: string | null
  readonly model: string | null
  readonly outcome: RequestOutcome
  readonly status: number
  readonly errorCode: string | null
  readonly tokens: RequestTokens
  readonly cost: Money
  readonly firstOutputMs: number | null
  readonly durationMs: number
  readonly isCached: boolean
  readonly guardrails: string | null
  readonly routeVersion: number | null
  readonly tries: readonly RequestTry[]
}

const CHARACTERS_MAX = 256
const MS_MAX = 2_147_483_647
const PLAIN = /^[\x20-\x7E]{0,256}$/
const CONTROL = /\p{Cc}/gu

/** Text as a column takes it: bounded, whole characters, none that controls anything. */
export function plainText(text: string): string {
  if (PLAIN.test(text)) return text
  return text.slice(0, CHARACTERS_MAX).toWellFormed().replaceAll(CONTROL, ' ')
}

const plain = (text: string | null) => (text === null ? null : plainText(text))
const wholeMs = (ms: number) => Math.min(MS_MAX, Math.max(0, Math.round(ms)))

export function renderLine(line: RequestLine): string {
  const { tokens } = line
  return JSON.stringify({
    id: line.id,
    at: line.at.toISOString(),
    organization_id: line.organizationId,
    project_id: line.projectId,
    api_key_id: line.apiKeyId,
    end_user: plain(line.endUser),
    dialect: line.dialect,
    is_stream: line.isStream,
    model_asked: plain(line.modelAsked),
    model: plain(line.model),
    outcome: line.outcome,
    status: line.status,
    error_code: plain(line.errorCode),
    input_tokens: tokens.inputTokens,
    output_tokens: tokens.outputTokens,
    cached_input_tokens: tokens.cachedInputTokens,
    cache_write_tokens: tokens.cacheWriteTokens,
    reasoning_tokens: tokens.reasoningTokens,
    cost: renderMoney(line.cost),
    first_output_ms: line.firstOutputMs === null ? null : wholeMs(line.firstOutputMs),
    duration_ms: wholeMs(line.durationMs),
    is_cached: line.isCached,
    guardrails: plain(line.guardrails),
    route_version: line.routeVersion,
    tries: line.tries.map(plainTry),
  })
}

function plainTry({ target, provider, region, model, group, ...rest }: RequestTry): RequestTry {
  return {
    ...{ target: plainText(target), provider: plainText(provider), region: plain(region) },
    ...{ model: plainText(model), group: plain(group) },
    ...rest,
    ms: wholeMs(rest.ms),
  }
}
