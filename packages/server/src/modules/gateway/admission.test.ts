import fc from 'fast-check'
import { expect, test } from 'vitest'
import { picos, type Money } from '#kernel/money.ts'
import { Admission, type Admitted, type HoldKeeper } from './admission.ts'

const POLICY = { stockMax: picos(100n), stockMin: picos(10n), shareDivisor: 16n }

/** A ledger with one balance that answers in its own time and can be told to fail. */
function makeLedger(balance: bigint, pause: () => Promise<void> = async () => undefined) {
  let available = picos(balance)
  const holds = new Map<string, bigint>()
  const closed: string[] = []
  const state = { isAway: false, calls: 0 }
  async function answer() {
    state.calls += 1
    await pause()
    if (state.isAway) throw new Error('connection refused')
  }
  const take = (amount: Money) => {
    if (amount > available) return { kind: 'refused' as const, available }
    available = picos(available - amount)
    return { kind: 'held' as const }
  }
  const keeper: HoldKeeper = {
    getAvailable: async () => {
      await answer()
      return available
    },
    open: async (_, amount) => {
      await answer()
      const outcome = take(amount)
      if (outcome.kind === 'refused') return outcome
      const holdId = `hld_${holds.size + 1}`
      holds.set(holdId, amount)
      return { ...outcome, holdId }
    },
    raise: async (holdId, amount) => {
      await answer()
      const outcome = take(amount)
      if (outcome.kind === 'held') holds.set(holdId, (holds.get(holdId) ?? 0n) + amount)
      return outcome
    },
    close: async (holdId) => {
      closed.push(holdId)
    },
  }
  const held = () => [...holds.values()].reduce((sum, amount) => sum + amount, 0n)
  const deposit = (amount: bigint) => {
    available = picos(available + amount)
  }
  return { keeper, state, held, closed, holds, deposit, available: () => available }
}

function makeAdmission(keeper: HoldKeeper, clock = { nowMs: 10_000 }) {
  let isFirst = true
  return new Admission({
    keeper,
    policy: POLICY,
    // Long after the start, so that no earlier holds are expected back.
    nowMs: () => (isFirst ? ((isFirst = false), 0) : clock.nowMs),
    delay: async (ms) => {
      clock.nowMs += ms
    },
    onFailure: () => undefined,
  })
}

async function admit(admission: Admission, worst: bigint, organizationId = 'org_1') {
  return (
    admission.tryAdmit(organizationId, picos(worst)) ??
    admission.admit(organizationId, picos(worst))
  )
}

test('a request is admitted on a hold that covers its worst case', async () => {
  const ledger = makeLedger(1000n)
  const admission = makeAdmission(ledger.keeper)
  expect(await admit(admission, 30n)).toMatchObject({ kind: 'admitted', holdId: 'hld_1' })
  expect(ledger.held()).toBe(30n + 62n)
})

test('what the balance cannot pay is refused with what is there, and the money stays free for others', async () => {
  const ledger = makeLedger(50n)
  const admission = makeAdmission(ledger.keeper)
  expect(await admit(admission, 51n)).toEqual({ kind: 'refused', available: 50n })
  expect(ledger.held()).toBe(0n)
})

test('of two hundred at once on a balance for ten, exactly ten are admitted', async () => {
  const ledger = makeLedger(105n)
  const admission = makeAdmission(ledger.keeper)
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => admit(admission, 10n)))
  expect(outcomes.filter(({ kind }) => kind === 'admitted')).toHaveLength(10)
  expect(outcomes.filter(({ kind }) => kind === 'refused')).toHaveLength(190)
})

test('those who wait share one trip to the ledger', async () => {
  const ledger = makeLedger(10_000n)
  const admission = makeAdmission(ledger.keeper)
  await Promise.all(Array.from({ length: 50 }, () => admit(admission, 10n)))
  expect(ledger.state.calls).toBeLessThanOrEqual(4)
})

test('the worst case of an ended request serves the next one without the ledger', async () => {
  const ledger = makeLedger(100n)
  const admission = makeAdmission(ledger.keeper)
  const first = (await admit(admission, 90n)) as Admitted
  expect(admission.tryAdmit('org_1', picos(50n))).toBeNull()
  first.settle(picos(20n))
  expect(admission.tryAdmit('org_1', picos(70n))).not.toBeNull()
})

test('a credit that came in serves the next request', async () => {
  const ledger = makeLedger(5n)
  const admission = makeAdmission(ledger.keeper)
  expect(await admit(admission, 10n)).toMatchObject({ kind: 'refused' })
  ledger.deposit(20n)
  expect(await admit(admission, 10n)).toMatchObject({ kind: 'admitted' })
})

test('while the ledger is away nobody is refused: what is held serves, the rest hears of the outage', async () => {
  const ledger = makeLedger(1000n)
  const admission = makeAdmission(ledger.keeper)
  await admit(admission, 10n)
  ledger.state.isAway = true
  expect(await admit(admission, 20n)).toMatchObject({ kind: 'admitted' })
  expect(await admit(admission, 500n)).toEqual({ kind: 'unavailable' })
  ledger.state.isAway = false
  expect(await admit(admission, 500n)).toMatchObject({ kind: 'admitted' })
})

test('an idle slab is given back, a busy one is not', async () => {
  const clock = { nowMs: 10_000 }
  const ledger = makeLedger(1000n)
  const admission = makeAdmission(ledger.keeper, clock)
  const running = (await admit(admission, 10n)) as Admitted
  await admission.closeIdle(clock.nowMs)
  expect(ledger.closed).toEqual([])
  running.settle(picos(3n))
  await admission.closeIdle(clock.nowMs - 1)
  expect(ledger.closed).toEqual([])
  await admission.closeIdle(clock.nowMs)
  expect(ledger.closed).toEqual(['hld_1'])
  expect(admission.tryAdmit('org_1', picos(1n))).toBeNull()
})

test('after its slab was given back, an organization waits for the money instead of being refused', async () => {
  const clock = { nowMs: 10_000 }
  const ledger = makeLedger(10n)
  const admission = makeAdmission(ledger.keeper, clock)
  const first = (await admit(admission, 10n)) as Admitted
  first.settle(picos(2n))
  await admission.closeIdle(clock.nowMs)
  // when the shipper has not released the hold yet
  const waiting = admit(admission, 5n)
  ledger.deposit(8n)
  expect(await waiting).toMatchObject({ kind: 'admitted', holdId: 'hld_2' })
})

test('what can cost nothing needs neither money nor ledger', async () => {
  const ledger = makeLedger(0n)
  expect(await admit(makeAdmission(ledger.keeper), 0n)).toMatchObject({
    kind: 'admitted',
    holdId: null,
  })
  expect(ledger.state.calls).toBe(0)
})

test('whatever happens in whichever order, what runs and what was spent never pass what is held', async () => {
  const step = fc.record({
    worst: fc.bigInt({ min: 1n, max: 60n }),
    costShare: fc.integer({ min: 0, max: 100 }),
    settlesFirst: fc.boolean(),
  })
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.bigInt({ min: 0n, max: 500n }),
    fc.array(step, { maxLength: 40 }),
    async (s, balance, steps) => {
      const ledger = makeLedger(balance, () => s.schedule(Promise.resolve()))
      const admission = makeAdmission(ledger.keeper)
      let running = 0n
      let spent = 0n
      const work = steps.map(async ({ worst, costShare, settlesFirst }) => {
        await s.schedule(Promise.resolve())
        const outcome = await admit(admission, worst)
        if (outcome.kind !== 'admitted') return
        running += worst
        expect(running + spent).toBeLessThanOrEqual(ledger.held())
        if (!settlesFirst) await s.schedule(Promise.resolve())
        const cost = (worst * BigInt(costShare)) / 100n
        outcome.settle(picos(cost))
        running -= worst
        spent += cost
      })
      await s.waitFor(Promise.all(work))
      expect(ledger.held() + ledger.available()).toBe(balance)
      expect(spent).toBeLessThanOrEqual(balance)
    },
  )
  await fc.assert(property, { numRuns: 200 })
})
