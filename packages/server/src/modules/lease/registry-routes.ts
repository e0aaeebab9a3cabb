/** Logins at registries over HTTP. An organization sees and changes its own; no answer holds a password. */
import type { Routes } from '#platform/http/handler.ts'
import { forgetLogin, keepLogin } from './registry-service.ts'
import { listLogins, type RegistryLogin } from './registry-store.ts'

type Names = 'listRegistries' | 'loginRegistry' | 'logoutRegistry'

function render({ registry, username, setAt }: RegistryLogin) {
  return { registry, username, setAt: setAt.toISOString() }
}

export function registryRoutes({ pepper }: { readonly pepper: string }): Pick<Routes, Names> {
  return {
    listRegistries: async ({ db, principal }) => {
      const logins = await listLogins(db, principal.organizationId)
      return { items: logins.map(render), nextCursor: null }
    },
    loginRegistry: async ({ db, principal, body, now, setTarget }) => {
      setTarget(body.registry)
      const { organizationId } = principal
      return render(await keepLogin(db, { organizationId, ...body }, { pepper, now }))
    },
    logoutRegistry: async ({ db, principal, params }) => {
      const { organizationId } = principal
      return render(await forgetLogin(db, { organizationId, registry: params.registry }))
    },
  }
}
