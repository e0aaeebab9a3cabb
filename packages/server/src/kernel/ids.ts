/** Typed identifiers: a prefix that names the noun, then a time-ordered UUIDv7 in Crockford base 32. */
import { randomBytes } from 'node:crypto'

const PREFIXES = {
  organization: 'org',
  project: 'prj',
  apiKey: 'key',
  session: 'ses',
  site: 'sit',
  pool: 'pol',
  node: 'nod',
  claim: 'clm',
  lease: 'lse',
  order: 'ord',
  clearing: 'clr',
  quote: 'quo',
  quota: 'qta',
  quotaRequest: 'qrq',
  budget: 'bud',
  rateLimit: 'rlm',
  budgetLease: 'bls',
  outcome: 'out',
  block: 'blk',
  sellBack: 'slb',
  reclaim: 'rcl',
  deployment: 'dep',
  upstream: 'ups',
  guardrail: 'grl',
  file: 'file',
  batch: 'batch',
  reconciliationCase: 'rcc',
  healthCheck: 'chk',
  price: 'prc',
  hold: 'hld',
  ledgerTransaction: 'ltx',
  auditEvent: 'aud',
  simulation: 'sim',
  webhook: 'whk',
  webhookDelivery: 'dlv',
} as const

export type Noun = keyof typeof PREFIXES

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Where identifiers get their time and randomness; tests pass their own. */
export interface IdSource {
  readonly nowMs: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

/** The 16 bytes of a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits. */
export function uuidBytes(source: IdSource): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.set(source.randomBytes(10), 6)
  let ms = BigInt(source.nowMs())
  for (let index = 5; index >= 0; index--) {
    bytes[index] = Number(ms & 255n)
    ms >>= 8n
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes
}

/** Renders 16 bytes in the usual `8-4-4-4-12` form. */
export function renderUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function renderBase32(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let digit = 0; digit < 26; digit++) {
    text = ALPHABET[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}

/** Makes an identifier such as `lse_06f3k…`. */
export function newId(noun: Noun, source: IdSource): string {
  return `${PREFIXES[noun]}_${renderBase32(uuidBytes(source))}`
}

/** Whether a text is the identifier of a noun, by its prefix. */
export function isIdOf(noun: Noun, id: string): boolean {
  return id.startsWith(`${PREFIXES[noun]}_`)
}

/** The machine's own randomness, with a clock. */
export function idSource(nowMs: () => number): IdSource {
  return { nowMs, randomBytes: (size) => randomBytes(size) }
}
