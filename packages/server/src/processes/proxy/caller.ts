/** Who stands before a lease's door: the credential of a raw request, checked as the control API checks its own. */
import type { IncomingHttpHeaders } from 'node:http'
import { permits } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type PresentedCredential, SESSION_COOKIE } from '#platform/http/bind.ts'
import { requireWithin } from '#platform/http/bounds.ts'
import type { Caller } from '#platform/http/handler.ts'
import { type Forwarding, KEY_HEADER } from './forwarded-headers.ts'

export type Authenticate = (credential: PresentedCredential) => Promise<Caller | null>

export interface KnownCaller {
  readonly caller: Caller
  readonly credential: Forwarding['credential']
}

interface Presented {
  readonly by: Forwarding['credential']
  readonly credential: PresentedCredential
}

function presentedIn(headers: IncomingHttpHeaders): Presented | null {
  const key = headers[KEY_HEADER]
  if (typeof key === 'string' && key !== '')
    return { by: 'key_header', credential: { kind: 'key', text: key } }
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return { by: 'bearer', credential: { kind: 'key', text: bearer } }
  const cookies = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const session = cookies.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
  const text = session?.slice(SESSION_COOKIE.length + 1) ?? ''
  return text === '' ? null : { by: 'session', credential: { kind: 'session', text } }
}

/**
 * A cookie counts only for what the installation's own pages ask. Browsers say where a request comes from; for a
 * WebSocket, which any page may open, its origin must be ours.
 */
function refuseForeignSite(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site']
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  const isForeignOrigin =
    origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== headers.host)
  if (isForeignSite || isForeignOrigin)
    throw new Fault(
      'permission.denied',
      'A signed-in browser may only be used from the console’s own pages.',
    )
}

/** Throws the fault that the control API would. */
export async function knowCaller(
  headers: IncomingHttpHeaders,
  { authenticate, now }: { readonly authenticate: Authenticate; readonly now: () => Date },
): Promise<KnownCaller> {
  const presented = presentedIn(headers)
  if (presented === null) throw new Fault('credential.missing', 'This address needs a credential.')
  if (presented.by === 'session') refuseForeignSite(headers)
  const caller = await authenticate(presented.credential)
  if (caller === null)
    throw new Fault('credential.invalid', 'The credential is mistyped, revoked or expired.')
  const { role } = caller
  if (!permits(role, 'lease.use'))
    throw new Fault('permission.denied', 'This needs the permission lease.use.', {
      details: { permission: 'lease.use', role },
    })
  requireWithin(caller.bounds, {
    permission: 'lease.use',
    address: String(headers['x-forwarded-for'] ?? ''),
    now: now(),
  })
  return { caller, credential: presented.by }
}
