/** Identity: organizations, projects, keys, sessions, and who is calling. */
export type { Principal } from './principal.ts'
export { identityRoutes } from './routes.ts'
export {
  authenticate,
  createApiKey,
  createOrganization,
  type Credential,
  type IdentityDeps,
} from './service.ts'
export {
  firstProject,
  hasApiKey,
  hasProject,
  listOrganizations,
  type OrganizationRow,
  touchApiKeys,
} from './store.ts'
