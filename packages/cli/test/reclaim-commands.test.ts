/** Reclaims through the binary: the list, the chain of one, the order, and the terms of a pool. */
import type { Reclaim } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, LEASE_ID, lease, OTHER_LEASE_ID, page, pool, terms } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run } = createWorkplace()

const RECLAIM_ID = 'rcl_06f3k0000000000000000000cc'

const WEBHOOK = {
  ...{ at: AT, host: 'a.example', isDelivered: true },
  text: 'Notice delivered: webhook, a.example answered 200.',
}

function reclaim(changes: Partial<Reclaim> = {}): Reclaim {
  return {
    ...{ id: RECLAIM_ID, leaseId: LEASE_ID, attempt: 1, organization: 'demo', pool: 'laptop' },
    ...{ kind: 'spot', gpus: 2, cause: 'outranked', byKind: 'anchor', forLeaseId: null },
    text: 'the room is needed by work of higher rank',
    terms: terms(),
    ...{ decidedAt: AT, stopAt: '2026-03-04T12:00:30.000Z', causeGoneAt: null },
    notice: { deliveredAt: AT, document: true, signal: true, webhooks: [WEBHOOK] },
    ...{ stopAskedAt: '2026-03-04T12:00:30.010Z', goneAt: '2026-03-04T12:00:31.000Z' },
    ...{ workLostGpuMs: 62_000, compensationUsd: '0.010333333334' },
    compensationText: '0.5 of what the whole attempt cost: $0.010333333334.',
    isGuaranteeBroken: false,
    transactionId: 'ltx_06f3k0000000000000000000dd',
    ...changes,
  }
}

test('the list tells how far each reclaim has come', async () => {
  const open = { stopAskedAt: null, goneAt: null, compensationUsd: null, transactionId: null }
  const items = [reclaim(), reclaim({ leaseId: OTHER_LEASE_ID, ...open })]
  const asked: unknown[] = []
  const { stdout, code } = await run(['reclaim', 'list', '--pool', 'laptop', '--tier', 'spot'], {
    answers: {
      listReclaims: ({ query }) => {
        asked.push(query)
        return page(items)
      },
    },
  })
  expect(asked).toMatchObject([{ pool: 'laptop', tier: 'spot' }])
  expect(stdout).toMatch(new RegExp(`${LEASE_ID} .*gone, credited +0\\.010333`))
  expect(stdout).toMatch(new RegExp(`${OTHER_LEASE_ID} .*notice given`))
  expect(code).toBe(0)
})

test('one reclaim is shown from the decision to the credit, to the last pico', async () => {
  const { stdout, code } = await run(['reclaim', 'show', RECLAIM_ID], {
    answers: { getReclaim: () => reclaim() },
  })
  for (const line of [
    /why +the room is needed by work of higher rank/,
    /terms +by anchor, on_demand; notice 30 s; not before 10 min; at most 3 a month; 0\.5 of its last 1 h back/,
    /notice delivered .*by metadata document and signal/,
    /webhooks +Notice delivered: webhook, a\.example answered 200\./,
    /work lost +62\.000 GPU-s/,
    /credit +0\.010333333334 USD/,
  ])
    expect(stdout).toMatch(line)
  expect(stdout).not.toMatch(/^for /m)
  expect(code).toBe(0)
})

test('where no notice was possible, it says so', async () => {
  const { stdout } = await run(['reclaim', 'show', RECLAIM_ID], {
    answers: {
      getReclaim: () =>
        reclaim({
          ...{ cause: 'engine', byKind: null, stopAt: null, stopAskedAt: null },
          notice: { deliveredAt: null, document: false, signal: false, webhooks: [] },
        }),
    },
  })
  expect(stdout).toMatch(/stop due +no notice was possible/)
})

test('the order shows places to the operator, and why somebody is protected', async () => {
  const place = { class: 2, kind: 'spot', gpus: 2, workLostGpuMs: 5000, protectedUntil: null }
  const { stdout, code } = await run(['reclaim', 'order', 'laptop'], {
    key: 'operator-secret',
    answers: {
      getReclaimOrder: () =>
        page([
          { ...place, place: 1, leaseId: LEASE_ID, protectedBy: null },
          { ...place, place: 2, leaseId: OTHER_LEASE_ID, protectedBy: 'It has not run for long.' },
        ]),
    },
  })
  expect(stdout).toMatch(new RegExp(`1 +2 +${LEASE_ID} +spot +2 +5\\.000`))
  expect(stdout).toMatch(/It has not run for long\./)
  expect(code).toBe(0)
})

test('a pool shows on which terms each of its tiers is taken back', async () => {
  const { stdout } = await run(['pool', 'show', 'laptop'], {
    answers: { listPools: () => page([pool()]) },
  })
  expect(stdout).toMatch(/on demand is taken back +never taken back/)
  expect(stdout).toMatch(/spot is taken back +by anchor, on_demand; notice 30 s/)
  expect(stdout).toMatch(/taken back +8 leases at once/)
})

test('a pool that there is not is refused', async () => {
  const { code, stderr } = await run(['pool', 'show', 'nowhere'], {
    answers: { listPools: () => page([pool()]) },
  })
  expect(stderr).toContain('no pool “nowhere”')
  expect(code).not.toBe(0)
})

test('a checkpoint is reported for the lease that is meant, and its terms are shown with it', async () => {
  const answers = {
    reportCheckpoint: () => ({ leaseId: LEASE_ID, checkpointAt: AT }),
    getLease: () => lease(),
    listLeaseFacts: () => page([]),
  }
  const { stdout } = await run(['lease', 'checkpoint', LEASE_ID], { answers })
  expect(stdout).toContain(AT)
  expect(installation().requests[0]?.line).toContain(`/leases/${LEASE_ID}/checkpoint`)
  const shown = await run(['lease', 'show', LEASE_ID], { answers })
  expect(shown.stdout).toMatch(/taken back +by anchor, on_demand; notice 30 s/)
})
