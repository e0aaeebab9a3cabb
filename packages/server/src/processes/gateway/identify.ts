/** Who is calling, and whether the key is good for that: nothing more than a look where a key is kept to nothing. */
import type { IncomingMessage } from 'node:http'
import { findOutside } from '#kernel/key-bounds.ts'
import { callerAddress } from '#kernel/subnet.ts'
import { type Gateway, type Principal, type Refusal, refusals } from '#modules/gateway/index.ts'

export interface IdentifyDeps {
  readonly gateway: Gateway
  readonly now: () => Date
  /** Networks of proxies whose word on where a request came from is taken. */
  readonly trustedProxies: readonly string[]
}

/** The address that a request came from. */
export function addressOf(request: IncomingMessage, proxies: readonly string[]): string {
  const forwarded = request.headers['x-forwarded-for']
  const said = typeof forwarded === 'string' ? forwarded : forwarded?.join(',')
  return callerAddress(request.socket.remoteAddress ?? '', said, proxies)
}

export function identifyCaller(
  deps: IdentifyDeps,
  request: IncomingMessage,
): Principal | Refusal | Promise<Principal | Refusal> {
  const identified = deps.gateway.identify(request.headers)
  if (identified instanceof Promise) return identified.then((each) => within(deps, request, each))
  return within(deps, request, identified)
}

function within(
  { now, trustedProxies }: IdentifyDeps,
  request: IncomingMessage,
  identified: Principal | Refusal,
): Principal | Refusal {
  if ('status' in identified || identified.bounds === undefined) return identified
  const outside = findOutside(identified.bounds, {
    permission: request.method === 'POST' ? 'model.infer' : 'model.list',
    address: addressOf(request, trustedProxies),
    now: now(),
  })
  switch (outside?.kind) {
    case undefined:
      return identified
    case 'expired':
      return refusals.keyExpired()
    case 'address':
      return refusals.addressNotAllowed(outside.address)
    case 'scope':
      return refusals.scopeMissing(outside.needed)
  }
}
