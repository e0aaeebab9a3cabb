/** Documents as an installation would answer them, whole and valid; a test changes what it is about. */
import type {
  ApiKey,
  Lease,
  LeaseFact,
  Model,
  Pool,
  PoolBooks,
  ReclaimTerms,
} from '@spillway/contract'

export const LEASE_ID = 'lse_06f3k0000000000000000000aa'
export const OTHER_LEASE_ID = 'lse_06f3k0000000000000000000bb'
export const AT = '2026-03-04T12:00:00.000Z'

export function terms(changes: Partial<ReclaimTerms> = {}): ReclaimTerms {
  return {
    by: ['anchor', 'on_demand'],
    noticeMs: 30_000,
    minimumRunMs: 600_000,
    perMonthMax: 3,
    compensation: { kind: 'charge', fraction: '0.5', lastMs: 3_600_000 },
    ...changes,
  }
}

export function lease(changes: Partial<Lease> = {}): Lease {
  return {
    id: LEASE_ID,
    organization: 'demo',
    name: '',
    kind: 'spot',
    mode: 'job',
    service: null,
    idleLimitMs: null,
    state: 'running',
    waitingFor: null,
    expectedStart: null,
    endReason: null,
    exitCode: null,
    exitSignal: null,
    command: ['python3', 'train.py'],
    guaranteedUntil: null,
    secretNames: [],
    inputs: [],
    outputs: [],
    artifactsBytesMax: 1,
    gpus: 2,
    pool: 'laptop',
    blockId: null,
    afterBlock: null,
    nodes: 1,
    fabric: 'any',
    placements: [{ node: 'laptop-1', nodeId: 'nod_01k00000000000000000000000', slots: [0, 1] }],
    attempt: 1,
    requeue: 'never',
    failuresMax: 3,
    failures: 0,
    retryAt: null,
    noticeSignal: 'SIGTERM',
    noticeMs: 30_000,
    terms: terms(),
    reclaimsInMonth: null,
    checkpointAt: null,
    riskElevatedAt: null,
    graceMs: 5000,
    noticeAt: null,
    stopAt: null,
    maxPriceUsdPerGpuHour: '2.5',
    priceUsdPerGpuHour: '1.2',
    createdAt: AT,
    startedAt: AT,
    endedAt: null,
    gpuMs: 12_345,
    chargedUsd: '0.004115',
    ...{ image: null, imageDigest: null },
    heldUsd: '0.25',
    engineRun: null,
    ...changes,
  }
}

export function ended(changes: Partial<Lease> = {}): Lease {
  return lease({
    state: 'ended',
    endReason: 'exited',
    exitCode: 0,
    endedAt: AT,
    heldUsd: '0',
    engineRun: null,
    ...changes,
  })
}

export function fact(text: string, changes: Partial<LeaseFact> = {}): LeaseFact {
  return { at: AT, type: 'lease.changed', text, data: {}, ...changes }
}

export function page<T>(items: readonly T[]) {
  return { items, nextCursor: null }
}

export function model(changes: Partial<Model> = {}): Model {
  return {
    id: 'toy',
    displayName: 'Toy',
    description: 'Words in an order that was seen before.',
    publisher: 'Spillway',
    licence: 'Apache-2.0',
    isToy: true,
    isEmbedding: false,
    contextTokens: 512,
    price: {
      input: { amountUsd: '0.1', per: '1000000', unit: 'token' },
      output: { amountUsd: '0.4', per: '1000000', unit: 'token' },
    },
    state: 'ready',
    stateText: 'one replica serves it',
    replicasReady: 1,
    coldStartMs: 900,
    source: 'replica',
    ...changes,
  }
}

export function pool(changes: Partial<Pool> = {}): Pool {
  return {
    name: 'laptop',
    site: 'home',
    region: 'eu-central',
    accelerator: 'CPU slot',
    acceleratorKind: 'cpu',
    engine: 'local',
    slotsTotal: 4,
    slotsFree: 1,
    slotsPerNodeMax: 4,
    priceUsdPerGpuHour: { on_demand: '2.4', spot: '1.2', flex: '0.60' },
    noticeMs: { on_demand: 600_000, spot: 30_000, flex: 0 },
    reclaim: {
      on_demand: terms({ by: [], noticeMs: 600_000 }),
      spot: terms(),
      flex: terms({ noticeMs: 0, minimumRunMs: 0, compensation: { kind: 'none' } }),
      evictionBatch: { leasesMax: 8, slotsPercentMax: null },
      anchorHeadroom: 0,
    },
    ...changes,
  }
}

export function poolBooks(changes: Partial<PoolBooks> = {}): PoolBooks {
  return {
    pool: 'laptop',
    byKindMs: { anchor: 1_000_001, spot: 2_000_000, serving: 999_999 },
    freeMs: 4_000_000,
    totalMs: 8_000_000,
    soldFraction: 0.375,
    usedFraction: 0.5,
    gpuRevenueUsd: '0.666666666667',
    blockRevenueUsd: '0',
    tokenRevenueUsd: '0.000042',
    revenueUsd: '0.666708666667',
    marginalCostUsd: '0.01',
    depreciationUsd: '0.4',
    standingCostUsd: '0.05',
    contributionUsd: '0.656708666667',
    marginAfterDepreciationUsd: '0.206708666667',
    internalUsedUsd: '0',
    internalKeptUsd: '0',
    capexUsd: '10000',
    capexRecoveredFraction: 0.0000606,
    ...changes,
  }
}

export const KEY_ID = 'key_06f3k0000000000000000000aa'

export function apiKey(changes: Partial<ApiKey> = {}): ApiKey {
  return {
    ...{ id: KEY_ID, name: 'ci', hint: 'sk-spillway-abc…wxyz', role: 'member' },
    ...{ createdAt: AT, lastUsedAt: null, revokedAt: null },
    ...{ scopes: null, models: null, networks: null, expiresAt: null, replacedBy: null },
    ...changes,
  }
}
