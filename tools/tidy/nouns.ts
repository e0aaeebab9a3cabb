/**
 * The nouns of the product, spelled once: each has a module, a page of the console, a command of the CLI, and a place
 * in its module's README. Every endpoint's noun must be here. What a noun lacks on purpose stands in exemptions.ts.
 */

export interface NounHome {
  /** The server module that owns it, or `platform`. */
  readonly module: string
  /** Below packages/console/src/features: the file of its page. */
  readonly page: string
  /** Below packages/cli/src/commands, without the ending. */
  readonly command: string
}

export const NOUNS: Readonly<Record<string, NounHome>> = {
  session: { module: 'identity', page: 'session/sign-in-page.tsx', command: 'session' },
  organization: {
    module: 'identity',
    page: 'organizations/organizations-page.tsx',
    command: 'organization',
  },
  api_key: { module: 'identity', page: 'keys/keys-page.tsx', command: 'key' },
  credit: { module: 'billing', page: 'organizations/organizations-page.tsx', command: 'credit' },
  balance: { module: 'ledger', page: 'usage/usage-page.tsx', command: 'balance' },
  ledger: { module: 'ledger', page: 'books/books-page.tsx', command: 'ledger' },
  request: { module: 'request', page: 'requests/requests-page.tsx', command: 'request' },
  usage: { module: 'metering', page: 'usage/usage-page.tsx', command: 'usage' },
  books: { module: 'economics', page: 'books/books-page.tsx', command: 'books' },
  simulation: { module: 'simulation', page: 'plan/plans-page.tsx', command: 'simulation' },
  guardrail: {
    module: 'guardrail',
    page: 'guardrails/guardrails-page.tsx',
    command: 'guardrail',
  },
  content_policy: { module: 'content', page: 'content/content-page.tsx', command: 'content' },
  cache: { module: 'content', page: 'content/cache-section.tsx', command: 'cache' },
  stored_content: { module: 'content', page: 'content/stored-section.tsx', command: 'content' },
  pool: { module: 'fleet', page: 'overview/overview-page.tsx', command: 'pool' },
  fleet: { module: 'fleet', page: 'fleet/fleet-page.tsx', command: 'fleet' },
  node: { module: 'fleet', page: 'fleet/node/node-page.tsx', command: 'node' },
  reconciliation: {
    module: 'upkeep',
    page: 'fleet/reconciliation/reconciliation-section.tsx',
    command: 'reconciliation',
  },
  lease: { module: 'lease', page: 'leases/leases-page.tsx', command: 'lease' },
  reclaim: { module: 'lease', page: 'reclaims/reclaims-page.tsx', command: 'reclaim' },
  registry: { module: 'lease', page: 'leases/new-lease-page.tsx', command: 'registry' },
  order: { module: 'order', page: 'orders/orders-page.tsx', command: 'order' },
  offer: { module: 'order', page: 'offers/offers-page.tsx', command: 'offer' },
  quote: { module: 'order', page: 'offers/quote-card.tsx', command: 'quote' },
  block: { module: 'block', page: 'blocks/blocks-page.tsx', command: 'block' },
  quota: { module: 'quota', page: 'quotas/quotas-page.tsx', command: 'quota' },
  rate_limit: {
    module: 'rate',
    page: 'rate-limits/rate-limits-page.tsx',
    command: 'rate-limit',
  },
  budget: { module: 'budget', page: 'budgets/budgets-page.tsx', command: 'budget' },
  outcome: { module: 'outcome', page: 'outcomes/outcomes-page.tsx', command: 'outcome' },
  file: { module: 'batch', page: 'batches/files-section.tsx', command: 'file' },
  batch: { module: 'batch', page: 'batches/batches-page.tsx', command: 'batch' },
  quota_request: { module: 'quota', page: 'quotas/quota-requests.tsx', command: 'quota' },
  clearing: { module: 'order', page: 'market/clearing-page.tsx', command: 'clearing' },
  price: { module: 'order', page: 'market/market-page.tsx', command: 'price' },
  forecast: { module: 'market', page: 'forecast/forecast-page.tsx', command: 'forecast' },
  surplus: { module: 'market', page: 'forecast/surplus-section.tsx', command: 'surplus' },
  anchor: { module: 'market', page: 'leases/new-lease-page.tsx', command: 'anchor' },
  model: { module: 'catalog', page: 'models/models-page.tsx', command: 'model' },
  model_card: { module: 'card', page: 'catalog/card-section.tsx', command: 'model-card' },
  model_alias: { module: 'catalog', page: 'catalog/aliases-section.tsx', command: 'model-alias' },
  model_access: { module: 'catalog', page: 'catalog/access-section.tsx', command: 'model-access' },
  model_retirement: {
    module: 'catalog',
    page: 'catalog/retirement.tsx',
    command: 'model-card',
  },
  deployment: {
    module: 'serving',
    page: 'deployments/deployments-page.tsx',
    command: 'deployment',
  },
  upstream: {
    module: 'serving',
    page: 'upstreams/upstreams-section.tsx',
    command: 'upstream',
  },
  route: {
    module: 'routing',
    page: 'routing/route-page.tsx',
    command: 'route',
  },
  route_constraint: {
    module: 'routing',
    page: 'routing/constraints-section.tsx',
    command: 'route',
  },
  bid: {
    module: 'scaling',
    page: 'deployments/deployment-page.tsx',
    command: 'deployment',
  },
  event: { module: 'platform', page: 'live/live-word.tsx', command: 'event' },
  system: { module: 'platform', page: 'shell/installation.tsx', command: 'system' },
  webhook: { module: 'notice', page: 'webhooks/webhooks-page.tsx', command: 'webhook' },
  audit_event: { module: 'audit', page: 'audit/audit-page.tsx', command: 'audit' },
}
