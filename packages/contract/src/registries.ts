/** Logins at registries of container images, for images that a registry shows to known people only. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Instant, list } from './primitives.ts'

/** The host of a registry, and its port where it is not the usual one. */
export const RegistryName = z
  .string()
  .max(200)
  .regex(
    /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?$/,
    'write the host of a registry, such as ghcr.io or 10.20.0.5:5000',
  )

const word = (charactersMax: number) =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    // oxlint-disable-next-line no-control-regex -- Control characters are what is refused.
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'may not have line breaks or other control characters')

/** What is known of a login. The password is never told again. */
export const RegistryLogin = z.object({
  registry: RegistryName,
  username: z.string(),
  setAt: Instant,
})
export type RegistryLogin = z.infer<typeof RegistryLogin>

export const listRegistries = endpoint({
  id: 'registry.list',
  method: 'GET',
  path: '/registries',
  summary: 'List the registries at which the organization has a login',
  permission: 'registry.list',
  returns: list(RegistryLogin),
})

export const loginRegistry = endpoint({
  id: 'registry.login',
  method: 'POST',
  path: '/registries',
  summary:
    'Keep a login at a registry, sealed; it is used for the images of the organization’s leases',
  permission: 'registry.login',
  body: z.strictObject({
    registry: RegistryName,
    username: word(256).refine((text) => !text.includes(':'), 'may not have a colon'),
    password: word(8192).meta({
      description: 'A password or, better, a token that may only read.',
    }),
  }),
  returns: RegistryLogin,
})

export const logoutRegistry = endpoint({
  id: 'registry.logout',
  method: 'DELETE',
  path: '/registries/{registry}',
  summary: 'Forget a login at a registry; leases that run go on',
  permission: 'registry.logout',
  params: z.strictObject({ registry: RegistryName }),
  returns: RegistryLogin,
  errors: ['registry.not_found'],
})
