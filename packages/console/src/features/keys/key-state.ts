/** How a key stands, and what it is kept to, in words. */
import type { ApiKey } from '@spillway/contract'
import { serverNowMs } from '../../ui/clock.ts'

export function keyStateOf({ revokedAt, expiresAt, replacedBy }: ApiKey): string {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt !== null && Date.parse(expiresAt) <= serverNowMs()) return 'expired'
  return replacedBy === null ? 'in force' : 'replaced'
}

/** Whether it still opens anything. */
export function isLive(key: ApiKey): boolean {
  return ['in force', 'replaced'].includes(keyStateOf(key))
}

export function keptTo({ scopes, models, networks }: ApiKey): string {
  return [scopes, models, networks].flatMap((each) => each ?? []).join(', ')
}
