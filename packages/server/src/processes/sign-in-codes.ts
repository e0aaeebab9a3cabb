/** One-time codes that sign the console in as the operator. In memory: a restart forgets them. */
import { randomBytes } from 'node:crypto'
import type { Principal } from '#modules/identity/index.ts'
import { SIGN_IN_CODE_VALID_MS } from '../limits.ts'

export interface SignInDesk {
  /** Makes a code for a principal. */
  readonly issue: (principal: Principal, now: Date) => string
  readonly redeem: (code: string, now: Date) => Principal | null
}

export function createSignInDesk(): SignInDesk {
  const open = new Map<string, { readonly principal: Principal; readonly until: number }>()
  return {
    issue: (principal, now) => {
      const code = randomBytes(16).toString('base64url')
      open.set(code, { principal, until: now.getTime() + SIGN_IN_CODE_VALID_MS })
      return code
    },
    redeem: (code, now) => {
      const found = open.get(code)
      open.delete(code)
      return found && found.until > now.getTime() ? found.principal : null
    },
  }
}
