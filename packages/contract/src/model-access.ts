/** Other names for models, and which models a project may use. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { replaces } from './model-cards.ts'
import { Done, Instant, list, Name, OrganizationId, ProjectId } from './primitives.ts'

export const ModelAlias = z.object({
  alias: Name,
  /** Null: it is not in use any more. */
  model: Name.nullable(),
  version: z.number().int(),
  setAt: Instant,
})
export type ModelAlias = z.infer<typeof ModelAlias>

const aliasParams = z.strictObject({ alias: Name })

export const listModelAliases = endpoint({
  id: 'model_alias.list',
  method: 'GET',
  path: '/model-aliases',
  summary: 'The aliases in use, and the models that they stand for',
  permission: 'model.list',
  returns: list(ModelAlias),
})

export const listModelAliasVersions = endpoint({
  id: 'model_alias.versions',
  method: 'GET',
  path: '/model-aliases/{alias}/versions',
  summary: 'What an alias stood for, newest first',
  permission: 'model.list',
  params: aliasParams,
  returns: list(ModelAlias),
  errors: ['model_alias.not_found'],
})

export const setModelAlias = endpoint({
  id: 'model_alias.set',
  method: 'POST',
  path: '/model-aliases/{alias}',
  summary: 'Let a name stand for a model; gateways follow at once',
  permission: 'model_alias.set',
  params: aliasParams,
  body: z.strictObject({ model: Name, replaces }),
  returns: ModelAlias,
  errors: ['model.not_found', 'model.changed_meanwhile', 'model_alias.name_taken'],
})

export const deleteModelAlias = endpoint({
  id: 'model_alias.delete',
  method: 'DELETE',
  path: '/model-aliases/{alias}',
  summary: 'Let a name stand for nothing any more',
  permission: 'model_alias.set',
  params: aliasParams,
  returns: Done,
  errors: ['model_alias.not_found'],
})

/** `only`: these and no others. `except`: all but these. */
export const ModelAccessRule = z.enum(['only', 'except'])
export type ModelAccessRule = z.infer<typeof ModelAccessRule>

export const ModelAccess = z.object({
  projectId: ProjectId,
  organizationId: OrganizationId,
  /** The operator's rule holds beside the organization's own. */
  setBy: z.enum(['operator', 'organization']),
  version: z.number().int(),
  rule: ModelAccessRule,
  models: z.array(Name),
  setAt: Instant,
})
export type ModelAccess = z.infer<typeof ModelAccess>

export const listModelAccess = endpoint({
  id: 'model_access.list',
  method: 'GET',
  path: '/model-access',
  summary: 'Which models projects may use; the operator sees all rules',
  permission: 'model_access.list',
  returns: list(ModelAccess),
})

export const setModelAccess = endpoint({
  id: 'model_access.set',
  method: 'POST',
  path: '/model-access',
  summary: 'Say which models a project may use; gateways follow at once',
  permission: 'model_access.set',
  body: z.strictObject({
    projectId: ProjectId.optional().meta({ description: 'Default: your own.' }),
    organizationId: OrganizationId.optional().meta({
      description: 'For the operator, in place of a project: the first one of this organization.',
    }),
    rule: ModelAccessRule,
    models: z.array(Name).max(256).meta({
      description: 'Names of the catalog, not aliases. `only` with none of them: no model at all.',
    }),
    replaces,
  }),
  returns: ModelAccess,
  errors: ['project.not_found', 'model.not_found', 'model.changed_meanwhile'],
})

export const deleteModelAccess = endpoint({
  id: 'model_access.delete',
  method: 'DELETE',
  path: '/model-access/{projectId}',
  summary: 'Let a project use every model again, as far as your own rule goes',
  permission: 'model_access.set',
  params: z.strictObject({ projectId: ProjectId }),
  returns: Done,
  errors: ['project.not_found', 'model_access.not_found'],
})
