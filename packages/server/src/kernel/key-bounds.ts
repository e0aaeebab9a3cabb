/** What an API key is kept to beside its role, and what is outside of that. Pure. */
import { type KeyScope, type Permission, scopeOf } from '@spillway/contract'
import { isWithin } from './subnet.ts'

/** Null: not kept to anything in this respect. */
export interface KeyBounds {
  readonly scopes: readonly KeyScope[] | null
  readonly models: readonly string[] | null
  readonly networks: readonly string[] | null
  readonly expiresAt: Date | null
}

export type Outside =
  | { readonly kind: 'expired' }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'scope'; readonly needed: KeyScope }

export interface KeyUse {
  readonly permission: Permission
  /** The caller's. */
  readonly address: string
  readonly now: Date
}

/** Whether a bound beside the time keeps the key to less than its role. */
export function isNarrowed({ scopes, models, networks }: KeyBounds): boolean {
  return scopes !== null || models !== null || networks !== null
}

/** Why a key may not be used so; null where it may. */
export function findOutside(
  bounds: KeyBounds,
  { permission, address, now }: KeyUse,
): Outside | null {
  const { scopes, networks, expiresAt } = bounds
  if (expiresAt !== null && expiresAt <= now) return { kind: 'expired' }
  if (networks !== null && !networks.some((network) => isWithin(address, network)))
    return { kind: 'address', address }
  const needed = scopeOf(permission)
  if (
    scopes !== null &&
    !scopes.includes(needed) &&
    !(needed === 'read' && scopes.includes('manage'))
  )
    return { kind: 'scope', needed }
  return null
}

/** Whether a model by one of these names may be used. */
export function allowsModel(bounds: KeyBounds | undefined, ...names: readonly string[]): boolean {
  const models = bounds?.models ?? null
  return models === null || names.some((name) => models.includes(name))
}
