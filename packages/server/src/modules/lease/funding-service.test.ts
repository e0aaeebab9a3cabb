import { expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { money, renderMoney } from '#kernel/money.ts'
import {
  createHold,
  getBalance,
  grantCredit,
  openCustomerAccount,
  setHold,
} from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { extendHold, holdNeeded, openHold } from './funding-service.ts'
import type { Lease } from './lease.ts'

const { db } = await cloneDatabase()
const NOW = new Date('2026-01-01T00:00:00.000Z')
const ids = idSource(() => NOW.getTime())
/** A dollar a second, for one GPU. */
const PRICE = money('3600')

function lease(parts: Partial<Lease>): Lease {
  return {
    ...{
      id: 'lease',
      organizationId: 'org',
      projectId: 'prj',
      name: 'n',
      kind: 'spot',
      mode: 'job',
      service: null,
      idleLimitMs: null,
      state: 'running',
    },
    ...{
      pool: 'p',
      ...{ blockId: null, afterBlock: null },
      gpus: 1,
      fabric: 'any',
      command: ['x'],
      environment: {},
      secretNames: [],
      sealed: null,
      files: { inputs: [], outputs: [], artifactsBytesMax: 0 },
      workingDirectory: null,
      ...{ image: null, imageDigest: null },
      requeue: 'never',
      ...{ failuresMax: 1, failures: 0, retryAt: null, ranMs: 0 },
    },
    ...{
      noticeSignal: null,
      noticeMs: 10_000,
      terms: null,
      reclaimsMonth: null,
      reclaimsInMonth: 0,
      checkpointAt: null,
      riskAt: null,
      riskToldAt: null,
      graceMs: 30_000,
      timeLimitMs: null,
      maxPriceUsd: null,
    },
    ...{
      agreedPrice: null,
      priceId: 'prc',
      priceUsd: PRICE,
      holdId: null,
      createdAt: NOW,
      attempt: 1,
      placedAt: NOW,
    },
    ...{
      nodes: 1,
      placements: [{ nodeId: 'n', slots: [0] }],
      startedAt: NOW,
      meteredUntil: NOW,
      billableUntil: null,
      waitingFor: null,
    },
    ...{ reclaimReason: null, reclaimFor: null, noticeAt: null, stopAt: null, stoppedAt: null },
    ...{ endedAt: null, endReason: null, exitCode: null, exitSignal: null, engineRun: null },
    ...parts,
  }
}

async function organization(id: string, credit: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    await openCustomerAccount(tx, id)
    await grantCredit(tx, { organizationId: id, amount: money(credit), source: id, now: NOW, ids })
  })
}

test('what is held before a start covers the window, the notice and the grace', () => {
  const held = holdNeeded(lease({}), PRICE, NOW)
  expect(held).toBeGreaterThanOrEqual(money('640'))
})

test('a lease that the balance cannot pay to its very end is refused before it starts', async () => {
  await organization('poor', '620')
  const opening = inTransaction(db, (tx) =>
    openHold(tx, lease({ organizationId: 'poor' }), { priceUsd: PRICE, now: NOW, ids }),
  )
  await expect(opening).rejects.toMatchObject({ code: 'balance.insufficient' })
  expect(renderMoney((await getBalance(db, 'poor')).held)).toBe('0')
})

test('a lease runs on until no more than its notice and grace is left, and uses every dollar before', async () => {
  await organization('spender', '1000')
  const draft = lease({ organizationId: 'spender' })
  const holdId = await inTransaction(db, (tx) =>
    openHold(tx, draft, { priceUsd: PRICE, now: NOW, ids }),
  )
  const running = { ...draft, holdId }
  /** As when metering has settled all but `left` from the hold, and the rest of the balance is held elsewhere. */
  const look = (left: string) =>
    inTransaction(db, async (tx) => {
      await setHold(tx, { holdId, amount: money(left) })
      const { available } = await getBalance(tx, 'spender')
      const elsewhere = { organizationId: 'spender', amount: available, now: NOW, ids }
      await createHold(tx, { ...elsewhere, purpose: 'gateway', reference: `at ${left}` })
      return extendHold(tx, running, NOW)
    })
  expect(await look('600')).toBe('short')
  expect(await look('100')).toBe('short')
  expect(await look('56')).toBe('short')
  expect(await look('55')).toBe('exhausted')
})

test('what little the balance still has goes into the hold before the lease is given up', async () => {
  await organization('topped-up', '690')
  const draft = lease({ organizationId: 'topped-up' })
  const holdId = await inTransaction(db, (tx) =>
    openHold(tx, draft, { priceUsd: PRICE, now: NOW, ids }),
  )
  const outcome = await inTransaction(db, async (tx) => {
    await setHold(tx, { holdId, amount: money('50') })
    const elsewhere = { organizationId: 'topped-up', amount: money('600'), now: NOW, ids }
    await createHold(tx, { ...elsewhere, purpose: 'gateway', reference: 'elsewhere' })
    return extendHold(tx, { ...draft, holdId }, NOW)
  })
  expect(outcome).toBe('short')
  expect(renderMoney((await getBalance(db, 'topped-up')).available)).toBe('0')
})
