/** Holds a caller to what its key is kept to, and says in the API's words what is outside of it. */
import { Fault } from '#kernel/fault.ts'
import { findOutside, type KeyBounds, type KeyUse } from '#kernel/key-bounds.ts'

/** Throws where the key is not for this. `address` is what the gateway says: it lets no caller say so. */
export function requireWithin(bounds: KeyBounds | undefined, use: KeyUse): void {
  const outside = bounds === undefined ? null : findOutside(bounds, use)
  if (outside === null) return
  switch (outside.kind) {
    case 'expired':
      throw new Fault('credential.invalid', 'The API key has expired.')
    case 'address':
      throw new Fault(
        'permission.denied',
        `The API key may not be used from ${outside.address || 'an unknown address'}.`,
      )
    case 'scope':
      throw new Fault('permission.denied', `The API key lacks the scope ${outside.needed}.`, {
        details: { scope: outside.needed },
      })
  }
}
