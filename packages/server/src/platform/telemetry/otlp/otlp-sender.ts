/** Sends OTLP bodies to a collector over HTTP: tries again what may be tried again, within a bound, and never throws. */
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { fetch } from 'undici'

export interface OtlpTarget {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly isCompressed: boolean
}

export type SendOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly why: string }

const TRIES_MAX = 4
const PAUSE_FIRST_MS = 500
const PAUSE_MAX_MS = 10_000
/** What OTLP says may come right by itself. */
const RETRYABLE = new Set([429, 502, 503, 504])
const compress = promisify(gzip)

/** Ends early when the signal does: what was not sent by then has failed. */
export async function sendOtlp(
  target: OtlpTarget,
  body: Buffer,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const sent = target.isCompressed ? await compress(body) : body
  let why = 'it was never tried'
  for (let tried = 0; tried < TRIES_MAX && !signal.aborted; tried += 1) {
    const outcome = await sendOnce(target, sent, signal)
    if (outcome.kind === 'sent') return outcome
    why = outcome.why
    if (!outcome.isWorthwhile || tried === TRIES_MAX - 1) break
    const ms = outcome.retryAfterMs ?? PAUSE_FIRST_MS * 2 ** tried
    await pause(Math.min(ms, PAUSE_MAX_MS), undefined, { signal }).catch(() => undefined)
  }
  return { kind: 'failed', why }
}

interface Miss {
  readonly kind: 'failed'
  readonly why: string
  readonly isWorthwhile: boolean
  readonly retryAfterMs?: number
}

async function sendOnce(
  { url, headers, timeoutMs, isCompressed }: OtlpTarget,
  body: Buffer,
  signal: AbortSignal,
): Promise<(SendOutcome & { kind: 'sent' }) | Miss> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        ...headers,
        'content-type': 'application/x-protobuf',
        ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    await response.body?.cancel()
    if (response.ok) return { kind: 'sent' }
    const after = Number(response.headers.get('retry-after') ?? Number.NaN)
    return {
      kind: 'failed',
      why: `status ${response.status}`,
      isWorthwhile: RETRYABLE.has(response.status),
      ...(Number.isFinite(after) ? { retryAfterMs: after * 1000 } : {}),
    }
  } catch (failure) {
    // The words of a failed connection may hold the address, and with it what somebody put there.
    const code = ((failure as Error).cause as NodeJS.ErrnoException | undefined)?.code
    return { kind: 'failed', why: code ?? (failure as Error).name, isWorthwhile: true }
  }
}
