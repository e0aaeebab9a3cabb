/** The places of the console: what the side bar, the bottom bar and the jump palette list. */
import { permits, type Permission, type Role } from '@spillway/contract'
import type { IconName } from '../../ui/icons.tsx'

export interface Place {
  readonly to:
    | '/'
    | '/models'
    | '/batches'
    | '/leases'
    | '/market'
    | '/orders'
    | '/blocks'
    | '/reclaims'
    | '/quotas'
    | '/budgets'
    | '/rate-limits'
    | '/guardrails'
    | '/data'
    | '/requests'
    | '/usage'
    | '/outcomes'
    | '/playground'
    | '/keys'
    | '/webhooks'
    | '/fleet'
    | '/forecast'
    | '/plan'
    | '/books'
    | '/organizations'
    | '/deployments'
    | '/routes'
    | '/audit'
  readonly word: string
  readonly icon: IconName
  readonly permission: Permission
}

export const PLACES: readonly Place[] = [
  { to: '/', word: 'Overview', icon: 'overview', permission: 'pool.list' },
  { to: '/models', word: 'Models', icon: 'model', permission: 'model.list' },
  { to: '/leases', word: 'Leases', icon: 'lease', permission: 'lease.list' },
  { to: '/market', word: 'Market', icon: 'market', permission: 'price.read' },
  { to: '/playground', word: 'Playground', icon: 'playground', permission: 'model.infer' },
  { to: '/orders', word: 'Orders', icon: 'order', permission: 'order.list' },
  { to: '/blocks', word: 'Blocks', icon: 'block', permission: 'order.list' },
  { to: '/batches', word: 'Batches', icon: 'batch', permission: 'batch.list' },
  { to: '/quotas', word: 'Quotas', icon: 'quota', permission: 'quota.list' },
  { to: '/rate-limits', word: 'Rate limits', icon: 'rate', permission: 'rate_limit.list' },
  { to: '/budgets', word: 'Budgets', icon: 'budget', permission: 'budget.list' },
  { to: '/guardrails', word: 'Guardrails', icon: 'guardrail', permission: 'guardrail.list' },
  { to: '/data', word: 'Data', icon: 'content', permission: 'content_policy.list' },
  { to: '/requests', word: 'Requests', icon: 'request', permission: 'request.list' },
  { to: '/usage', word: 'Usage and cost', icon: 'usage', permission: 'usage.read' },
  { to: '/outcomes', word: 'Outcomes', icon: 'outcome', permission: 'outcome.read' },
  { to: '/keys', word: 'Keys', icon: 'key', permission: 'api_key.list' },
  { to: '/reclaims', word: 'Reclaims', icon: 'reclaim', permission: 'reclaim.list' },
  { to: '/webhooks', word: 'Webhooks', icon: 'webhook', permission: 'webhook.list' },
]

export const OPERATOR_PLACES: readonly Place[] = [
  { to: '/fleet', word: 'Fleet', icon: 'fleet', permission: 'fleet.read' },
  { to: '/forecast', word: 'Forecast', icon: 'forecast', permission: 'forecast.read' },
  { to: '/plan', word: 'Plan', icon: 'plan', permission: 'simulation.list' },
  { to: '/books', word: 'Books', icon: 'books', permission: 'books.read' },
  {
    to: '/organizations',
    word: 'Organizations',
    icon: 'organization',
    permission: 'organization.list',
  },
  { to: '/deployments', word: 'Deployments', icon: 'deployment', permission: 'deployment.list' },
  { to: '/routes', word: 'Routes', icon: 'route', permission: 'route.read' },
  { to: '/audit', word: 'Audit log', icon: 'audit', permission: 'audit.list' },
]

export function placesFor(role: Role, places: readonly Place[]): readonly Place[] {
  return places.filter((place) => permits(role, place.permission))
}
