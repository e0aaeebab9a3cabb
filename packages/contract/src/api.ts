/** The whole control API, by client name. */
import * as anchor from './anchor.ts'
import * as apiKeys from './api-keys.ts'
import * as batches from './batches.ts'
import * as benchmarks from './benchmarks.ts'
import * as bids from './bids.ts'
import * as blocks from './blocks.ts'
import * as budgets from './budgets.ts'
import * as clearings from './clearings.ts'
import * as content from './content.ts'
import type { AnyEndpoint } from './endpoint.ts'
import * as fleetMap from './fleet-map.ts'
import * as fleet from './fleet.ts'
import * as forecasts from './forecasts.ts'
import * as guardrails from './guardrails.ts'
import * as leases from './leases.ts'
import * as modelAccess from './model-access.ts'
import * as modelCards from './model-cards.ts'
import * as models from './models.ts'
import * as money from './money.ts'
import * as nodes from './nodes.ts'
import * as offers from './offers.ts'
import * as orders from './orders.ts'
import * as organizations from './organizations.ts'
import * as outcomes from './outcomes.ts'
import * as pools from './pools.ts'
import * as quotas from './quotas.ts'
import * as rateLimits from './rate-limits.ts'
import * as reclaims from './reclaims.ts'
import * as reconciliation from './reconciliation.ts'
import * as registries from './registries.ts'
import * as requests from './requests.ts'
import * as routes from './routes.ts'
import * as session from './session.ts'
import * as simulations from './simulations.ts'
import * as system from './system.ts'
import * as upstreams from './upstreams.ts'
import * as webhooks from './webhooks.ts'

export const API = {
  createSession: session.createSession,
  getSession: session.getSession,
  deleteSession: session.deleteSession,
  listOrganizations: organizations.listOrganizations,
  createOrganization: organizations.createOrganization,
  grantCredit: organizations.grantCredit,
  reportOutcome: outcomes.reportOutcome,
  listOutcomes: outcomes.listOutcomes,
  getOutcomeCost: outcomes.getOutcomeCost,
  getTask: outcomes.getTask,
  listApiKeys: apiKeys.listApiKeys,
  createApiKey: apiKeys.createApiKey,
  rotateApiKey: apiKeys.rotateApiKey,
  revokeApiKey: apiKeys.revokeApiKey,
  listRegistries: registries.listRegistries,
  loginRegistry: registries.loginRegistry,
  logoutRegistry: registries.logoutRegistry,
  listPools: pools.listPools,
  listSlots: pools.listSlots,
  getUtilisation: pools.getUtilisation,
  getFleet: fleet.getFleet,
  getFleetMap: fleetMap.getFleetMap,
  listNodes: nodes.listNodes,
  getNode: nodes.getNode,
  getNodeUtilisation: nodes.getNodeUtilisation,
  drainNode: nodes.drainNode,
  resumeNode: nodes.resumeNode,
  quarantineNode: nodes.quarantineNode,
  retireNode: nodes.retireNode,
  getReconciliation: reconciliation.getReconciliation,
  listReconciliationCases: reconciliation.listReconciliationCases,
  runReconciliation: reconciliation.runReconciliation,
  createLease: leases.createLease,
  runAnchor: leases.runAnchor,
  getAnchorDemand: anchor.getAnchorDemand,
  getForecast: forecasts.getForecast,
  getSurplus: forecasts.getSurplus,
  listLeases: leases.listLeases,
  getLease: leases.getLease,
  listLeaseFacts: leases.listLeaseFacts,
  getLeaseLogs: leases.getLeaseLogs,
  listArtifacts: leases.listArtifacts,
  getArtifact: leases.getArtifact,
  stopLease: leases.stopLease,
  confirmLeaseGone: reconciliation.confirmLeaseGone,
  reportCheckpoint: reclaims.reportCheckpoint,
  listLeaseReclaims: reclaims.listLeaseReclaims,
  listReclaims: reclaims.listReclaims,
  getReclaim: reclaims.getReclaim,
  getReclaimOrder: reclaims.getReclaimOrder,
  listOffers: offers.listOffers,
  createQuote: offers.createQuote,
  listQuotes: offers.listQuotes,
  getQuote: offers.getQuote,
  listRateLimits: rateLimits.listRateLimits,
  setRateLimit: rateLimits.setRateLimit,
  deleteRateLimit: rateLimits.deleteRateLimit,
  listBudgets: budgets.listBudgets,
  setBudget: budgets.setBudget,
  deleteBudget: budgets.deleteBudget,
  listQuotas: quotas.listQuotas,
  setQuota: quotas.setQuota,
  deleteQuota: quotas.deleteQuota,
  listQuotaRequests: quotas.listQuotaRequests,
  createQuotaRequest: quotas.createQuotaRequest,
  decideQuotaRequest: quotas.decideQuotaRequest,
  listGuardrails: guardrails.listGuardrails,
  setGuardrail: guardrails.setGuardrail,
  deleteGuardrail: guardrails.deleteGuardrail,
  tryGuardrails: guardrails.tryGuardrails,
  listContentPolicies: content.listContentPolicies,
  setContentPolicy: content.setContentPolicy,
  getCache: content.getCache,
  purgeCache: content.purgeCache,
  listStoredContents: content.listStoredContents,
  getStoredContent: content.getStoredContent,
  deleteStoredContent: content.deleteStoredContent,
  listFiles: batches.listFiles,
  getFile: batches.getFile,
  deleteFile: batches.deleteFile,
  listBatches: batches.listBatches,
  getBatch: batches.getBatch,
  createBatch: batches.createBatch,
  cancelBatch: batches.cancelBatch,
  createOrder: orders.createOrder,
  listOrders: orders.listOrders,
  getOrder: orders.getOrder,
  cancelOrder: orders.cancelOrder,
  listBlockOfferings: blocks.listBlockOfferings,
  getBlockCalendar: blocks.getBlockCalendar,
  getBlockPolicy: blocks.getBlockPolicy,
  setBlockPolicy: blocks.setBlockPolicy,
  createBlock: blocks.createBlock,
  listBlocks: blocks.listBlocks,
  getBlock: blocks.getBlock,
  sellBlockBack: blocks.sellBlockBack,
  withdrawSellBacks: blocks.withdrawSellBacks,
  cancelBlock: blocks.cancelBlock,
  listClearings: clearings.listClearings,
  getClearing: clearings.getClearing,
  listPrices: clearings.listPrices,
  getReservePrice: clearings.getReservePrice,
  getBenchmarkPrice: benchmarks.getBenchmarkPrice,
  getCalendar: benchmarks.getCalendar,
  getTransferPrice: benchmarks.getTransferPrice,
  listModels: models.listModels,
  getModel: models.getModel,
  listModelCards: modelCards.listModelCards,
  getModelCard: modelCards.getModelCard,
  listModelCardVersions: modelCards.listModelCardVersions,
  setModelCard: modelCards.setModelCard,
  listModelMeasures: modelCards.listModelMeasures,
  getModelDocumentation: modelCards.getModelDocumentation,
  announceModelRetirement: modelCards.announceModelRetirement,
  withdrawModelRetirement: modelCards.withdrawModelRetirement,
  listModelAliases: modelAccess.listModelAliases,
  listModelAliasVersions: modelAccess.listModelAliasVersions,
  setModelAlias: modelAccess.setModelAlias,
  deleteModelAlias: modelAccess.deleteModelAlias,
  listModelAccess: modelAccess.listModelAccess,
  setModelAccess: modelAccess.setModelAccess,
  deleteModelAccess: modelAccess.deleteModelAccess,
  listDeployments: models.listDeployments,
  listDiscoveries: models.listDiscoveries,
  createDeployment: models.createDeployment,
  scaleDeployment: models.scaleDeployment,
  deleteDeployment: models.deleteDeployment,
  listBids: bids.listBids,
  getUsage: money.getUsage,
  getBalance: money.getBalance,
  verifyLedger: money.verifyLedger,
  getBooks: money.getBooks,
  createSimulation: simulations.createSimulation,
  listSimulations: simulations.listSimulations,
  getSimulation: simulations.getSimulation,
  cancelSimulation: simulations.cancelSimulation,
  getSystem: system.getSystem,
  streamEvents: system.streamEvents,
  listAuditEvents: system.listAuditEvents,
  listRequests: requests.listRequests,
  tailRequests: requests.tailRequests,
  getRequestMetrics: requests.getRequestMetrics,
  listUpstreams: upstreams.listUpstreams,
  createUpstream: upstreams.createUpstream,
  updateUpstream: upstreams.updateUpstream,
  deleteUpstream: upstreams.deleteUpstream,
  listRoutes: routes.listRoutes,
  getRoute: routes.getRoute,
  listRouteVersions: routes.listRouteVersions,
  setRoute: routes.setRoute,
  simulateRoute: routes.simulateRoute,
  deleteRoute: routes.deleteRoute,
  listRouteConstraints: routes.listRouteConstraints,
  setRouteConstraint: routes.setRouteConstraint,
  deleteRouteConstraint: routes.deleteRouteConstraint,
  listWebhooks: webhooks.listWebhooks,
  createWebhook: webhooks.createWebhook,
  getWebhook: webhooks.getWebhook,
  deleteWebhook: webhooks.deleteWebhook,
  rotateWebhook: webhooks.rotateWebhook,
  enableWebhook: webhooks.enableWebhook,
  testWebhook: webhooks.testWebhook,
  listWebhookDeliveries: webhooks.listWebhookDeliveries,
  redeliverWebhook: webhooks.redeliverWebhook,
} as const satisfies Record<string, AnyEndpoint>

export type Api = typeof API
export type EndpointName = keyof Api
