/**
 * API keys: a prefix that says what it is, 32 random bytes, and a checksum that tells a mistyped key from an unknown
 * one without asking the database. Only a keyed hash is stored. Pure.
 */
import { createHash, createHmac } from 'node:crypto'

export type KeyKind = 'operator' | 'buyer'

const PREFIX: Readonly<Record<KeyKind, string>> = {
  operator: 'op-spillway-',
  buyer: 'sk-spillway-',
}
const SECRET_CHARACTERS = 43
const CHECKSUM_CHARACTERS = 6
const SHAPE = /^(op|sk)-spillway-[0-9A-Za-z_-]{49}$/

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, CHECKSUM_CHARACTERS)
}

/** Writes a key from 32 random bytes. */
export function renderKey(kind: KeyKind, randomness: Uint8Array): string {
  const body =
    PREFIX[kind] + Buffer.from(randomness).toString('base64url').slice(0, SECRET_CHARACTERS)
  return body + checksum(body)
}

/** Whether text is a well-formed key of ours, or else mistyped or foreign. */
export function parseKey(text: string): { readonly kind: KeyKind; readonly key: string } | null {
  if (!SHAPE.test(text)) return null
  const body = text.slice(0, -CHECKSUM_CHARACTERS)
  if (checksum(body) !== text.slice(-CHECKSUM_CHARACTERS)) return null
  return { kind: text.startsWith('op-') ? 'operator' : 'buyer', key: text }
}

/** What is stored and looked up: HMAC-SHA-256 under the installation's pepper. */
export function hashSecret(pepper: string, secret: string): string {
  return createHmac('sha256', pepper).update(secret).digest('base64url')
}

/** Enough of a key to recognise it by, and no more. */
export function hintOf(key: string): string {
  return `${key.slice(0, 15)}…${key.slice(-4)}`
}
