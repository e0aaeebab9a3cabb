/** Who may do what: permissions are `noun.verb`, roles are sets of them. */

export const ROLES = {
  /** Runs the fleet and answers for its economics. */
  operator: [
    'session.read',
    'organization.list',
    'organization.create',
    'credit.grant',
    'api_key.list',
    'api_key.create',
    'api_key.revoke',
    'registry.list',
    'registry.login',
    'registry.logout',
    'pool.list',
    'fleet.read',
    'node.list',
    'node.change',
    'reconciliation.read',
    'reconciliation.run',
    'lease.list',
    'lease.create',
    'lease.stop',
    'lease.use',
    'lease.confirm_gone',
    'reclaim.list',
    'order.list',
    'order.create',
    'quota.list',
    'quota.request',
    'budget.list',
    'budget.set',
    'rate_limit.list',
    'rate_limit.set',
    'guardrail.list',
    'guardrail.set',
    'content_policy.list',
    'content_policy.set',
    'cache.read',
    'cache.purge',
    'stored_content.list',
    'stored_content.read',
    'stored_content.delete',
    'quota.set',
    'block.set_policy',
    'price.read',
    'anchor.run',
    'anchor.read',
    'forecast.read',
    'surplus.read',
    'model.list',
    'model.infer',
    'file.list',
    'file.delete',
    'batch.list',
    'batch.create',
    'batch.cancel',
    'deployment.list',
    'deployment.create',
    'deployment.scale',
    'deployment.delete',
    'upstream.list',
    'upstream.create',
    'upstream.update',
    'upstream.delete',
    'route.read',
    'route.set',
    'route_constraint.list',
    'route_constraint.set',
    'usage.read',
    'outcome.read',
    'outcome.report',
    'balance.read',
    'ledger.verify',
    'books.read',
    'simulation.list',
    'simulation.create',
    'simulation.cancel',
    'audit.list',
    'event.stream',
    'system.read',
    'webhook.list',
    'webhook.create',
    'webhook.change',
    'webhook.delete',
  ],
  /** A buyer's principal: sees and changes only its own organization. */
  member: [
    'session.read',
    'api_key.list',
    'api_key.create',
    'api_key.revoke',
    'registry.list',
    'registry.login',
    'registry.logout',
    'pool.list',
    'lease.list',
    'lease.create',
    'lease.stop',
    'lease.use',
    'reclaim.list',
    'order.list',
    'order.create',
    'quota.list',
    'quota.request',
    'budget.list',
    'budget.set',
    'rate_limit.list',
    'rate_limit.set',
    'guardrail.list',
    'guardrail.set',
    'content_policy.list',
    'content_policy.set',
    'cache.read',
    'cache.purge',
    'stored_content.list',
    'stored_content.read',
    'stored_content.delete',
    'price.read',
    'model.list',
    'model.infer',
    'file.list',
    'file.delete',
    'batch.list',
    'batch.create',
    'batch.cancel',
    'route_constraint.list',
    'route_constraint.set',
    'usage.read',
    'outcome.read',
    'outcome.report',
    'balance.read',
    'event.stream',
    'system.read',
    'webhook.list',
    'webhook.create',
    'webhook.change',
    'webhook.delete',
  ],
  /** A key for the data path only: it asks models, at once or in batches, and says what became of that. */
  inference: [
    ...(['model.list', 'model.infer', 'outcome.report', 'file.list', 'file.delete'] as const),
    ...(['batch.list', 'batch.create', 'batch.cancel'] as const),
  ],
} as const

export type Role = keyof typeof ROLES
export type Permission = (typeof ROLES)['operator'][number]

/**
 * What a key can be kept to: asking models and saying what came of it, reading what is so, changing it, and stored prompts and answers. Who may
 * change may read; content is of neither.
 */
export const KEY_SCOPES = ['inference', 'read', 'manage', 'content'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

/** The scope that a permission belongs to. */
export function scopeOf(permission: Permission): KeyScope {
  if (/^(?:model|file|batch)\./.test(permission) || permission === 'outcome.report')
    return 'inference'
  if (permission.startsWith('stored_content.')) return 'content'
  return /\.(?:list|read|stream)$/.test(permission) ? 'read' : 'manage'
}

/** Whether a role carries a permission. */
export function permits(role: Role, permission: Permission): boolean {
  return (ROLES[role] as readonly Permission[]).includes(permission)
}
