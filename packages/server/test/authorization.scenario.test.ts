import { API, type EndpointName, permits, renderPath, type Role } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cloneDatabase } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()

interface Sample {
  readonly params?: Record<string, string>
  readonly query?: Record<string, string>
  readonly body?: unknown
}

const NO_LEASE = 'lse_00000000000000000000000000'
const NO_NODE = 'nod_00000000000000000000000000'
const NO_RECLAIM = 'rcl_00000000000000000000000000'
const NO_ORDER = 'ord_00000000000000000000000000'
const NO_QUOTE = 'quo_00000000000000000000000000'
const NO_QUOTA = 'qta_00000000000000000000000000'
const NO_FILE = 'file_00000000000000000000000000'
const NO_BATCH = 'batch_00000000000000000000000000'
const NO_GUARDRAIL = 'grl_00000000000000000000000000'
const NO_QUOTA_REQUEST = 'qrq_00000000000000000000000000'
const NO_BLOCK = 'blk_00000000000000000000000000'
const NO_CLEARING = 'clr_00000000000000000000000000'
const NO_RATE_LIMIT = 'rlm_00000000000000000000000000'
const NO_BUDGET = 'bud_00000000000000000000000000'
const NO_KEY = 'key_00000000000000000000000000'
const NO_DEPLOYMENT = 'dep_00000000000000000000000000'
const NO_UPSTREAM = 'ups_00000000000000000000000000'
const NO_WEBHOOK = 'whk_00000000000000000000000000'
const NO_SIMULATION = 'sim_00000000000000000000000000'
const NO_DELIVERY = 'dlv_00000000000000000000000000'
const NO_ORGANIZATION = 'org_00000000000000000000000000'

const NO_PROJECT = `prj_${'0'.repeat(26)}`
const ROUTE = { groups: [{ name: 'all', targets: [{ kind: 'replicas' as const }] }] }

function cases<T extends Record<EndpointName, Sample>>(samples: T): T {
  return samples
}

/** A well-formed request for every endpoint; whom it concerns need not exist. */
const SAMPLES = cases({
  createSession: { body: { credential: 'none' } },
  getSession: {},
  deleteSession: {},
  listOrganizations: {},
  createOrganization: { body: { name: '' } },
  grantCredit: { params: { id: NO_ORGANIZATION }, body: { amountUsd: '1' } },
  listApiKeys: {},
  createApiKey: { body: { name: 'made by a test' } },
  listRateLimits: {},
  setRateLimit: { body: { concurrency: 1000 } },
  deleteRateLimit: { params: { id: NO_RATE_LIMIT } },
  reportOutcome: { body: { taskId: 'a-test', result: 'failure' } },
  listOutcomes: {},
  getOutcomeCost: {},
  getTask: { params: { taskId: 'none' } },
  listBudgets: {},
  setBudget: { body: { amountUsd: '1000000', period: 'total' } },
  deleteBudget: { params: { id: NO_BUDGET } },
  rotateApiKey: { params: { id: NO_KEY }, body: {} },
  revokeApiKey: { params: { id: NO_KEY } },
  listRegistries: {},
  loginRegistry: { body: { registry: 'ghcr.io', username: 'u:v', password: 'p' } },
  logoutRegistry: { params: { registry: 'none.example' } },
  listPools: {},
  listSlots: { params: { pool: 'local' } },
  getUtilisation: { params: { pool: 'local' } },
  getFleet: {},
  getFleetMap: { query: { since: 'none' } },
  listNodes: {},
  getNode: { params: { id: NO_NODE } },
  getNodeUtilisation: { params: { id: NO_NODE } },
  drainNode: { params: { id: NO_NODE }, body: { reason: 'a test' } },
  resumeNode: { params: { id: NO_NODE }, body: {} },
  quarantineNode: { params: { id: NO_NODE }, body: { reason: 'a test' } },
  retireNode: { params: { id: NO_NODE }, body: { reason: 'a test' } },
  getReconciliation: {},
  listReconciliationCases: {},
  runReconciliation: { body: { pool: 'none' } },
  createLease: { body: { command: ['true'], gpus: 999 } },
  runAnchor: { body: { command: ['true'], gpus: 999 } },
  getAnchorDemand: { query: { pool: 'local' } },
  getForecast: { params: { pool: 'local' } },
  getSurplus: { params: { pool: 'local' } },
  listLeases: {},
  getLease: { params: { id: NO_LEASE } },
  listLeaseFacts: { params: { id: NO_LEASE } },
  getLeaseLogs: { params: { id: NO_LEASE } },
  reportCheckpoint: { params: { id: NO_LEASE } },
  listLeaseReclaims: { params: { id: NO_LEASE } },
  listReclaims: {},
  getReclaim: { params: { id: NO_RECLAIM } },
  getReclaimOrder: { params: { pool: 'local' } },
  listArtifacts: { params: { id: NO_LEASE } },
  getArtifact: { params: { id: NO_LEASE }, query: { path: 'x' } },
  stopLease: { params: { id: NO_LEASE } },
  confirmLeaseGone: { params: { id: NO_LEASE }, body: { reason: 'a test' } },
  listOffers: {},
  createQuote: { body: { gpus: 999 } },
  listQuotes: {},
  getQuote: { params: { id: NO_QUOTE } },
  listQuotas: {},
  setQuota: { body: { organizationId: NO_ORGANIZATION, gpus: 8 } },
  deleteQuota: { params: { id: NO_QUOTA } },
  listQuotaRequests: {},
  listFiles: {},
  getFile: { params: { id: NO_FILE } },
  deleteFile: { params: { id: NO_FILE } },
  listBatches: {},
  getBatch: { params: { id: NO_BATCH } },
  createBatch: { body: { inputFileId: NO_FILE, endpoint: '/v1/chat/completions' } },
  cancelBatch: { params: { id: NO_BATCH } },
  listGuardrails: {},
  setGuardrail: {
    body: { name: 'none', side: 'input', mode: 'flag', check: { kind: 'size', charactersMax: 1 } },
  },
  deleteGuardrail: { params: { id: NO_GUARDRAIL } },
  tryGuardrails: { body: { side: 'input', text: 'hello' } },
  listContentPolicies: {},
  setContentPolicy: { body: { projectId: NO_PROJECT } },
  getCache: { query: { projectId: NO_PROJECT } },
  purgeCache: { body: { projectId: NO_PROJECT } },
  listStoredContents: { query: { projectId: NO_PROJECT } },
  getStoredContent: { params: { id: 'req_none' } },
  deleteStoredContent: { params: { id: 'req_none' } },
  createQuotaRequest: { body: { pool: 'none', gpus: 8, reason: 'a test' } },
  decideQuotaRequest: { params: { id: NO_QUOTA_REQUEST }, body: { decision: 'decline' } },
  createOrder: { body: { command: ['true'], gpus: 999, maxPriceUsdPerGpuHour: '1' } },
  listOrders: {},
  getOrder: { params: { id: NO_ORDER } },
  cancelOrder: { params: { id: NO_ORDER } },
  listBlockOfferings: {},
  createBlock: {
    body: {
      pool: 'none',
      gpus: 1,
      startsAt: '2026-01-01T00:00:00Z',
      endsAt: '2026-01-01T01:00:00Z',
    },
  },
  listBlocks: {},
  getBlock: { params: { id: NO_BLOCK } },
  cancelBlock: { params: { id: NO_BLOCK }, body: {} },
  getBlockCalendar: { query: { pool: 'local' } },
  getBlockPolicy: {},
  setBlockPolicy: { body: { freeHours: 24, feePercent: 10 } },
  sellBlockBack: { params: { id: NO_BLOCK }, body: { nodes: 1 } },
  withdrawSellBacks: { params: { id: NO_BLOCK } },
  listClearings: {},
  getClearing: { params: { id: NO_CLEARING } },
  listPrices: { params: { pool: 'local' } },
  getBenchmarkPrice: { params: { pool: 'local' } },
  getCalendar: { params: { pool: 'local' } },
  getTransferPrice: { params: { pool: 'local' } },
  getReservePrice: { params: { pool: 'local' } },
  listModels: {},
  getModel: { params: { id: 'none' } },
  listModelCards: {},
  getModelCard: { params: { id: 'none' } },
  listModelCardVersions: { params: { id: 'none' } },
  setModelCard: { params: { id: 'none' }, body: { card: {} } },
  listModelMeasures: { params: { id: 'none' } },
  getModelDocumentation: { params: { id: 'none' } },
  announceModelRetirement: {
    params: { id: 'none' },
    body: { retiresAt: '2126-01-01T00:00:00Z' },
  },
  withdrawModelRetirement: { params: { id: 'none' } },
  listModelAliases: {},
  listModelAliasVersions: { params: { alias: 'none' } },
  setModelAlias: { params: { alias: 'none' }, body: { model: 'none' } },
  deleteModelAlias: { params: { alias: 'none' } },
  listModelAccess: {},
  setModelAccess: { body: { projectId: NO_PROJECT, rule: 'only', models: [] } },
  deleteModelAccess: { params: { projectId: NO_PROJECT } },
  listDeployments: {},
  listDiscoveries: {},
  createDeployment: { body: { model: '' } },
  scaleDeployment: { params: { id: NO_DEPLOYMENT }, body: { replicasMax: 2 } },
  listBids: { params: { id: NO_DEPLOYMENT } },
  deleteDeployment: { params: { id: NO_DEPLOYMENT } },
  listUpstreams: {},
  createUpstream: { body: { model: '' } },
  updateUpstream: { params: { id: NO_UPSTREAM }, body: {} },
  deleteUpstream: { params: { id: NO_UPSTREAM } },
  getUsage: {},
  getBalance: {},
  verifyLedger: {},
  getBooks: {},
  createSimulation: { body: { scenario: 'name:' } },
  listSimulations: {},
  getSimulation: { params: { id: NO_SIMULATION } },
  cancelSimulation: { params: { id: NO_SIMULATION } },
  getSystem: {},
  streamEvents: { query: { after: 'nonsense' } },
  listAuditEvents: {},
  listRequests: {},
  getRequestMetrics: {},
  tailRequests: { query: { after: 'nonsense' } },
  listRoutes: {},
  getRoute: { params: { model: 'none' } },
  listRouteVersions: { params: { model: 'none' } },
  setRoute: { params: { model: 'none' }, body: { document: ROUTE } },
  simulateRoute: { params: { model: 'none' }, body: { document: ROUTE } },
  deleteRoute: { params: { model: 'none' } },
  listRouteConstraints: {},
  setRouteConstraint: { body: { projectId: NO_PROJECT, constraints: { regions: ['eu'] } } },
  deleteRouteConstraint: { params: { projectId: NO_PROJECT } },
  listWebhooks: {},
  createWebhook: { body: { url: 'none' } },
  getWebhook: { params: { id: NO_WEBHOOK } },
  deleteWebhook: { params: { id: NO_WEBHOOK } },
  rotateWebhook: { params: { id: NO_WEBHOOK } },
  enableWebhook: { params: { id: NO_WEBHOOK } },
  testWebhook: { params: { id: NO_WEBHOOK } },
  listWebhookDeliveries: { params: { id: NO_WEBHOOK } },
  redeliverWebhook: { params: { id: NO_WEBHOOK, delivery: NO_DELIVERY } },
})

let installation: TestInstallation
const keys = new Map<Role, string>()

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
  keys.set('operator', installation.operatorToken).set('member', installation.demoApiKey)
  const made = await call('createApiKey', installation.demoApiKey, {
    body: { name: 'inference', role: 'inference' },
  })
  keys.set('inference', ((await made.json()) as { secret: string }).secret)
})

afterAll(async () => {
  await installation.stop()
})

function call(name: EndpointName, key: string | undefined, sample: Sample): Promise<Response> {
  const endpoint = API[name]
  return fetch(`${installation.url}${renderPath(endpoint, sample)}`, {
    method: endpoint.method,
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    ...(sample.body === undefined ? {} : { body: JSON.stringify(sample.body) }),
  })
}

async function codeOf(response: Response): Promise<string | undefined> {
  return ((await response.json()) as { code?: string }).code
}

const guarded = (Object.keys(API) as EndpointName[]).filter(
  (name) => API[name].permission !== 'public',
)

describe.each(guarded)('%s', (name) => {
  test('answers nobody with credential.missing', async () => {
    const response = await call(name, undefined, SAMPLES[name])
    expect([response.status, await codeOf(response)]).toEqual([401, 'credential.missing'])
  })

  test('answers a key that is not ours with credential.invalid', async () => {
    const response = await call(name, 'sk-somebody-elses', SAMPLES[name])
    expect([response.status, await codeOf(response)]).toEqual([401, 'credential.invalid'])
  })

  test.each(['operator', 'member', 'inference'] as const)(
    'is open to %s only with its permission',
    async (role) => {
      const { permission } = API[name]
      if (permission === 'public') return
      // A member signs out with a cookie; without one there is nothing to end.
      const response = await call(name, keys.get(role), SAMPLES[name])
      if (permits(role, permission)) expect([401, 403]).not.toContain(response.status)
      else expect([response.status, await codeOf(response)]).toEqual([403, 'permission.denied'])
      await response.body?.cancel().catch(() => undefined)
    },
  )
})

test('signing in with something unknown is refused as credential.invalid', async () => {
  const response = await call('createSession', undefined, SAMPLES.createSession)
  expect([response.status, await codeOf(response)]).toEqual([401, 'credential.invalid'])
})

test('a cookie that another site makes the browser send is refused', async () => {
  const signIn = await call('createSession', undefined, {
    body: { credential: installation.demoApiKey },
  })
  const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const get = (site: string) =>
    fetch(`${installation.url}/api/v1/session`, { headers: { cookie, 'sec-fetch-site': site } })
  expect((await get('same-origin')).status).toBe(200)
  expect((await get('cross-site')).status).toBe(403)
})
