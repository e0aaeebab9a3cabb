/** Both sides of a comparison for tests: one pool of two nodes with four slots each, and leases by a few words. */
import type { Claim } from '#modules/book/index.ts'
import type { Node } from '#modules/fleet/index.ts'
import type { Lease } from '#modules/lease/index.ts'
import type { ForeignWork, NodeInventory, Observation } from '#platform/engines/engine.ts'
import type { BookSide, EngineSide } from '../compare.ts'

export const NOW = new Date('2026-01-01T12:00:00.000Z')

export function node(name: string, parts: Partial<Node> = {}): Node {
  return {
    ...{ id: `id-of-${name}`, pool: 'p', name, slotCount: 4, hardware: 'GPU', rack: null },
    ...{ fabric: null, activeFrom: NOW, isDrainTold: false, state: 'ready', reason: null },
    ...{ engineState: 'up', engineReason: null, drainReason: null, quarantineReason: null },
    changeReason: null,
    ...parts,
  }
}

export function lease(id: string, parts: Partial<Lease> = {}): Lease {
  return {
    ...{ id, organizationId: 'org', projectId: 'prj', name: id, kind: 'spot', state: 'running' },
    ...{ pool: 'p', gpus: 1, nodes: 1, command: ['x'], environment: {}, workingDirectory: null },
    ...{ requeue: 'never', failuresMax: 1, failures: 0, retryAt: null, ranMs: 0 },
    ...{ noticeSignal: null, noticeMs: 0, graceMs: 0, timeLimitMs: null },
    ...{
      maxPriceUsd: null,
      agreedPrice: null,
      priceId: null,
      priceUsd: null,
      holdId: null,
      createdAt: NOW,
    },
    ...{ attempt: 1, placedAt: NOW, placements: [{ nodeId: 'id-of-n1', slots: [0] }] },
    ...{
      startedAt: NOW,
      meteredUntil: NOW,
      billableUntil: null,
      waitingFor: null,
      reclaimReason: null,
    },
    ...{ reclaimFor: null, noticeAt: null, stopAt: null, stoppedAt: null, endedAt: null },
    ...{ endReason: null, exitCode: null, exitSignal: null, engineRun: null },
    ...parts,
  } as Lease
}

export function claimOf({ id, kind, placements }: Lease): Claim[] {
  return placements.map(({ nodeId, slots }) => ({
    ...{ id: `claim-of-${id}`, nodeId, slots, kind, leaseId: id, organizationId: 'org' },
    ...{ startsAt: NOW, drainingFrom: null, reason: null, blockId: null },
  }))
}

export function found(name: string, parts: Partial<NodeInventory> = {}): NodeInventory {
  return {
    ...{ node: name, acceleratorKind: 'gpu', slotCountMax: 4, hardware: 'GPU', finding: 'found' },
    ...{ rack: null, fabric: null, health: { state: 'up' }, faults: [] },
    ...parts,
  }
}

export function runs(parts: Partial<Extract<Observation, { state: 'running' }>> = {}): Observation {
  return { state: 'running', bootId: 'boot', startedMs: 0, confirmedMs: 1000, ...parts }
}

export function gone(): Observation {
  return {
    ...{ state: 'gone', bootId: 'boot', startedMs: 0, goneMs: 1000, exitCode: 0 },
    ...{ exitSignal: null, how: 'exited', text: '' },
  }
}

export function work(parts: Partial<ForeignWork> = {}): ForeignWork {
  return {
    ...{ runId: '4711', name: 'train', user: 'ada', account: 'research', state: 'running' },
    ...{ gpus: 1, nodes: 1, placements: [{ node: 'n1', slots: [0] }], startedMs: 0 },
    ...{ timeLimitMs: null, waitingFor: null },
    ...parts,
  }
}

export function book(leases: readonly Lease[], parts: Partial<BookSide> = {}): BookSide {
  return {
    pool: 'p',
    nodes: [node('n1'), node('n2')],
    claims: leases.filter((each) => each.state !== 'ended').flatMap(claimOf),
    leases: new Map(leases.map((each) => [each.id, each])),
    ownAttempts: new Set(),
    ...parts,
  }
}

export function engine(
  attempts: Readonly<Record<string, Observation>>,
  parts: Partial<EngineSide> = {},
): EngineSide {
  return {
    attempts: new Map(Object.entries(attempts)),
    inventory: [found('n1'), found('n2')],
    foreign: { bootId: 'boot', confirmedMs: 1000, work: [] },
    usage: [],
    usageToleranceMs: 10_000,
    ...parts,
  }
}
