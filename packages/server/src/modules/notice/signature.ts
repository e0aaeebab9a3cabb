/** Signatures as Standard Webhooks has them: over id, timestamp and body, by each secret that is in force. Pure. */
import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

export function renderSecret(bytes: Uint8Array): string {
  return `${PREFIX}${Buffer.from(bytes).toString('base64')}`
}

export interface Signed {
  readonly messageId: string
  readonly body: string
  /** Of this attempt; receivers refuse what is older than a few minutes. */
  readonly at: Date
  /** In force now: after a rotation, for a while, two. */
  readonly secrets: readonly string[]
}

function signature(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}

/** The headers that let a receiver know who sent it, when, and whether it came before. */
export function signedHeaders({ messageId, body, at, secrets }: Signed): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const text = `${messageId}.${timestamp}.${body}`
  return {
    'webhook-id': messageId,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signature(secret, text)).join(' '),
  }
}
