/** Logins at registries: kept sealed by organization, and opened for nothing but to ask the registry itself. */
import { Fault } from '#kernel/fault.ts'
import { parseImageReference } from '#kernel/image-reference.ts'
import type { Db } from '#platform/db/database.ts'
import type { ImageWanted } from '#platform/engines/engine.ts'
import { openText, sealText } from '#platform/sealed-text.ts'
import type { Lease } from './lease.ts'
import * as store from './registry-store.ts'

const PURPOSE = 'registry login'

/** Docker Hub goes by two names. */
function oneName(registry: string): string {
  return registry === 'index.docker.io' ? 'docker.io' : registry
}

export interface NewLogin {
  readonly organizationId: string
  readonly registry: string
  readonly username: string
  readonly password: string
}

export async function keepLogin(
  tx: Db,
  { password, ...login }: NewLogin,
  { pepper, now }: { readonly pepper: string; readonly now: Date },
): Promise<store.RegistryLogin> {
  const kept = {
    ...login,
    registry: oneName(login.registry),
    sealedPassword: sealText(password, { pepper, purpose: PURPOSE }),
    setAt: now,
  }
  await store.saveLogin(tx, kept)
  return kept
}

/** Throws `registry.not_found`. */
export async function forgetLogin(
  tx: Db,
  { organizationId, registry }: Pick<NewLogin, 'organizationId' | 'registry'>,
): Promise<store.RegistryLogin> {
  const forgotten = await store.deleteLogin(tx, { organizationId, registry: oneName(registry) })
  if (forgotten === null) throw new Fault('registry.not_found', `You have no login at ${registry}.`)
  return forgotten
}

/** The login of the lease's organization at the registry of its image, if there is one. */
export async function openLogin(
  db: Db,
  { organizationId, image }: Pick<Lease, 'organizationId' | 'image'>,
  pepper: string,
): Promise<Pick<ImageWanted, 'login'>> {
  const registry = parseImageReference(image ?? '')?.registry
  if (registry === undefined) return {}
  const login = await store.findLogin(db, { organizationId, registry })
  if (login === null) return {}
  const password = openText(login.sealedPassword, { pepper, purpose: PURPOSE })
  return { login: { username: login.username, password } }
}
