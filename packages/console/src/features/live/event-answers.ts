/** Which answers an event makes stale. Pure: the connection and the query cache live elsewhere. */
import type { JsonName } from '../../api/client.ts'

/** By the noun before the dot of an event's type. */
const STALE_BY_NOUN: Readonly<Record<string, readonly JsonName[]>> = {
  lease: [
    'listLeases',
    'getLease',
    'listLeaseFacts',
    'listSlots',
    'listPools',
    'getBalance',
    'getFleetMap',
    'getNode',
    'listReclaims',
    'listLeaseReclaims',
  ],
  claim: ['listSlots', 'listPools', 'getUtilisation', 'getFleetMap'],
  slot: ['listSlots', 'listPools', 'getFleet', 'getFleetMap'],
  node: ['getNode', 'getFleet', 'listSlots', 'listPools', 'getFleetMap'],
  pool: ['listPools', 'getFleet', 'listSlots', 'getFleetMap'],
  fleet: ['getFleet', 'listPools', 'listSlots', 'getFleetMap'],
  reconciliation: ['getReconciliation'],
  reclaim: ['listReclaims', 'listLeaseReclaims'],
  price: ['listPools'],
  order: [
    'listOrders',
    'getOrder',
    'listClearings',
    'listPrices',
    'getReservePrice',
    'getBenchmarkPrice',
    'getBalance',
  ],
  balance: ['getBalance', 'getUsage', 'listOrganizations'],
  charge: ['getBalance', 'getUsage'],
  usage: ['getBalance', 'getUsage'],
  credit: ['getBalance', 'listOrganizations'],
  hold: ['getBalance'],
  model: ['listModels', 'getModel', 'listDeployments', 'getModelCard', 'listModelCards'],
  deployment: ['listModels', 'getModel', 'listDeployments', 'listDiscoveries', 'listBids'],
  route: ['getRoute', 'listRoutes'],
  replica: ['listModels', 'getModel', 'listDeployments', 'listBids'],
  api_key: ['listApiKeys'],
  budget: ['listBudgets'],
  rate_limit: ['listRateLimits'],
  outcome: ['listOutcomes', 'getOutcomeCost', 'getTask'],
  organization: ['listOrganizations'],
  system: ['getSystem'],
  webhook: ['listWebhooks', 'getWebhook', 'listWebhookDeliveries'],
}

/** The client names of the answers to fetch again; none for an event that this console does not know. */
export function staleAnswers(eventType: string): readonly JsonName[] {
  const noun = eventType.split('.')[0] ?? ''
  return Object.hasOwn(STALE_BY_NOUN, noun) ? (STALE_BY_NOUN[noun] ?? []) : []
}
