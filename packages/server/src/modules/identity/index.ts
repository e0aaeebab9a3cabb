/** Identity: organizations, projects, keys, sessions, and who is calling. */
export type { Principal } from './principal.ts'
export { identityRoutes } from './routes.ts'
export {
  authenticate,
  createApiKey,
  createOrganization,
  type Credential,
  type IdentityDeps,
  rotateApiKey,
} from './service.ts'
export {
  firstProject,
  findFirstKeyId,
  hasProject,
  listApiKeys,
  listOrganizations,
  organizationOf,
  type OrganizationRow,
  touchApiKeys,
} from './store.ts'
