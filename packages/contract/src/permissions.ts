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
    'price.read',
    'anchor.run',
    'anchor.read',
    'forecast.read',
    'surplus.read',
    'model.list',
    'model.infer',
    'deployment.list',
    'deployment.create',
    'deployment.delete',
    'usage.read',
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
    'pool.list',
    'lease.list',
    'lease.create',
    'lease.stop',
    'lease.use',
    'reclaim.list',
    'order.list',
    'order.create',
    'price.read',
    'model.list',
    'model.infer',
    'usage.read',
    'balance.read',
    'event.stream',
    'system.read',
    'webhook.list',
    'webhook.create',
    'webhook.change',
    'webhook.delete',
  ],
  /** A key for the data path only. */
  inference: ['model.list', 'model.infer'],
} as const

export type Role = keyof typeof ROLES
export type Permission = (typeof ROLES)['operator'][number]

/** Whether a role carries a permission. */
export function permits(role: Role, permission: Permission): boolean {
  return (ROLES[role] as readonly Permission[]).includes(permission)
}
