/**
 * Which trace a request is part of: W3C Trace Context as it comes and goes, and whether its spans are kept. What comes
 * is somebody else's word: what is not well-formed begins a trace of its own. Pure.
 */

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Of the span that is ours. */
  readonly spanId: string
  /** Of the caller; null: the trace begins here. */
  readonly parentSpanId: string | null
  readonly isSampled: boolean
  readonly traceState: string
}

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

export interface Sampling {
  readonly sampler: (typeof SAMPLERS)[number]
  /** Of those that are decided by their ratio, from 0 to 1. */
  readonly ratio: number
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const TRACE_STATE_CHARACTERS_MAX = 512
/** Printable, without line breaks: more is not looked at, since it is only handed on. */
const TRACE_STATE = /^[\x20-\x7E]*$/

interface Incoming {
  readonly traceId: string
  readonly parentSpanId: string
  readonly isSampled: boolean
}

/** Null where there is none that is well-formed. */
export function parseTraceparent(text: string | undefined): Incoming | null {
  const [, version, traceId = '', parentSpanId = '', flags = '', rest] =
    TRACEPARENT.exec(text ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined))
    return null
  if (/^0+$/.test(traceId) || /^0+$/.test(parentSpanId)) return null
  return { traceId, parentSpanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function renderTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}

/** By the 56 random bits of the trace, so that whoever decides by the same ratio decides the same. */
function isWithin(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true
  return Number.parseInt(traceId.slice(-14), 16) / 2 ** 56 >= 1 - ratio
}

function decide({ sampler, ratio }: Sampling, traceId: string, incoming: Incoming | null): boolean {
  if (sampler.startsWith('parentbased_') && incoming) return incoming.isSampled
  if (sampler.endsWith('always_on')) return true
  return sampler.endsWith('traceidratio') && ratio > 0 && isWithin(traceId, ratio)
}

export interface TraceHeaders {
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
}

/** `randomHex` gives so many random bytes as digits. */
export function openTrace(
  headers: TraceHeaders,
  sampling: Sampling,
  randomHex: (bytes: number) => string,
): TraceContext {
  const incoming = parseTraceparent(headers.traceparent)
  const traceId = incoming?.traceId ?? randomHex(16)
  const { tracestate = '' } = headers
  const isState = tracestate.length <= TRACE_STATE_CHARACTERS_MAX && TRACE_STATE.test(tracestate)
  return {
    traceId,
    spanId: randomHex(8),
    parentSpanId: incoming?.parentSpanId ?? null,
    isSampled: decide(sampling, traceId, incoming),
    traceState: incoming && isState ? tracestate : '',
  }
}
