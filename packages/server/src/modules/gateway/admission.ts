/**
 * Admits requests against money that the ledger holds, before any token is made. One slab an organization; whoever
 * finds it too small waits for one shared refill. Refuses only what the balance cannot pay, and says "unavailable",
 * never "refused", when the ledger cannot be asked.
 */
import { Defect } from '#kernel/assert.ts'
import { add, greatest, least, picos, ZERO, type Money } from '#kernel/money.ts'
import { EMPTY_SLAB, free, grow, isLow, refillAmount, reserve, settle, stockOf } from './slab.ts'
import type { Slab, SlabPolicy } from './slab.ts'

interface HoldRefused {
  readonly kind: 'refused'
  readonly available: Money
}

/** The ledger, as far as admission needs it. Every call may fail. */
export interface HoldKeeper {
  getAvailable(organizationId: string): Promise<Money>
  open(
    organizationId: string,
    amount: Money,
  ): Promise<{ readonly kind: 'held'; readonly holdId: string } | HoldRefused>
  /** Adds to what is left of a hold. */
  raise(holdId: string, amount: Money): Promise<{ readonly kind: 'held' } | HoldRefused>
  /** Gives up a hold, once everything recorded before is posted. */
  close(holdId: string): Promise<void>
}

export interface Admitted {
  readonly kind: 'admitted'
  /** Null where the request can cost nothing. */
  readonly holdId: string | null
  /** Returns the promise and keeps the cost; called once. */
  readonly settle: (cost: Money) => void
}

export type AdmissionOutcome = Admitted | HoldRefused | { readonly kind: 'unavailable' }

export interface AdmissionDeps {
  readonly keeper: HoldKeeper
  readonly policy: SlabPolicy
  /** Milliseconds on a clock that only goes forward. */
  readonly nowMs: () => number
  readonly delay: (ms: number) => Promise<void>
  readonly onFailure: (failure: unknown) => void
}

interface Waiter {
  readonly worst: Money
  readonly resolve: (outcome: AdmissionOutcome) => void
}

interface Account {
  readonly organizationId: string
  slab: Slab
  holdId: string | null
  /** What the last refill aimed at; zero where there was nothing more to have. */
  stock: Money
  isRefilling: boolean
  waiters: Waiter[]
  usedMs: number
  /** When a hold was last given up: its money takes a moment to come back. */
  closedMs: number
}

/** How often the balance may change under a refill before it counts as exhausted. */
const RACES_MAX = 4
const RELEASE_WAIT_MS = 3000
const RELEASE_POLL_MS = 100
/** After a failed refill the next one in the background waits. */
const FAILURE_PAUSE_MS = 1000

const FREE_OF_CHARGE: Admitted = { kind: 'admitted', holdId: null, settle: () => {} }

export class Admission {
  readonly #deps: AdmissionDeps
  readonly #accounts = new Map<string, Account>()
  readonly #startedMs: number
  #pausedUntilMs = 0

  constructor(deps: AdmissionDeps) {
    this.#deps = deps
    this.#startedMs = deps.nowMs()
  }

  /** Admits at once, or null when the ledger has to be asked. */
  tryAdmit(organizationId: string, worst: Money): Admitted | null {
    if (worst === 0n) return FREE_OF_CHARGE
    const account = this.#accountOf(organizationId)
    const admitted = this.#admitNow(account, worst)
    if (admitted && isLow(account.slab, account.stock) && this.#deps.nowMs() >= this.#pausedUntilMs)
      void this.#refill(account)
    return admitted
  }

  admit(organizationId: string, worst: Money): Promise<AdmissionOutcome> {
    return new Promise((resolve) => {
      const account = this.#accountOf(organizationId)
      account.waiters.push({ worst, resolve })
      void this.#refill(account)
    })
  }

  /** Gives back the slabs that nobody used since. */
  async closeIdle(sinceMs: number): Promise<void> {
    for (const [organizationId, account] of this.#accounts) {
      const isBusy = account.slab.inFlight > 0 || account.isRefilling
      if (isBusy || account.usedMs > sinceMs) continue
      const { holdId } = account
      account.slab = EMPTY_SLAB
      account.holdId = null
      account.stock = ZERO
      account.closedMs = this.#deps.nowMs()
      if (holdId === null) this.#accounts.delete(organizationId)
      else await this.#deps.keeper.close(holdId)
    }
  }

  openSlabs(): number {
    return [...this.#accounts.values()].filter(({ holdId }) => holdId !== null).length
  }

  #accountOf(organizationId: string): Account {
    const known = this.#accounts.get(organizationId)
    if (known) return known
    const account: Account = {
      organizationId,
      slab: EMPTY_SLAB,
      holdId: null,
      stock: ZERO,
      isRefilling: false,
      waiters: [],
      usedMs: this.#deps.nowMs(),
      // Holds of a gateway that was here before may still be on their way back.
      closedMs: this.#startedMs,
    }
    this.#accounts.set(organizationId, account)
    return account
  }

  #admitNow(account: Account, worst: Money): Admitted | null {
    const { holdId } = account
    const slab = holdId === null ? null : reserve(account.slab, worst)
    if (!slab) return null
    account.slab = slab
    account.usedMs = this.#deps.nowMs()
    const settled = (cost: Money) => {
      account.slab = settle(account.slab, worst, cost)
      account.usedMs = this.#deps.nowMs()
    }
    return { kind: 'admitted', holdId, settle: settled }
  }

  async #refill(account: Account): Promise<void> {
    if (account.isRefilling) return
    account.isRefilling = true
    try {
      do await this.#refillOnce(account)
      while (account.waiters.length > 0)
    } catch (failure) {
      this.#deps.onFailure(failure)
      this.#pausedUntilMs = this.#deps.nowMs() + FAILURE_PAUSE_MS
      for (const { resolve } of account.waiters.splice(0)) resolve({ kind: 'unavailable' })
    } finally {
      account.isRefilling = false
    }
  }

  async #refillOnce(account: Account): Promise<void> {
    const outcome = await this.#enlarge(account)
    account.waiters = account.waiters.filter(({ worst, resolve }) => {
      const admitted = this.#admitNow(account, worst)
      if (admitted) resolve(admitted)
      return !admitted
    })
    if (outcome.kind === 'held' || account.waiters.length === 0) return
    if (this.#deps.nowMs() - account.closedMs < RELEASE_WAIT_MS)
      return this.#deps.delay(RELEASE_POLL_MS)
    const available = add(outcome.available, greatest(ZERO, free(account.slab)))
    for (const { resolve } of account.waiters.splice(0)) resolve({ kind: 'refused', available })
  }

  /** Enlarges the slab by what the waiters need and some stock, or says what was available when it could not. */
  async #enlarge(account: Account): Promise<{ readonly kind: 'held' } | HoldRefused> {
    const { keeper, policy } = this.#deps
    let available = await keeper.getAvailable(account.organizationId)
    for (let race = 0; race < RACES_MAX; race++) {
      const needs = account.waiters.map(({ worst }) => worst)
      const smallest = needs.reduce(least, needs[0] ?? ZERO)
      const stock = stockOf(available, policy)
      const amount = refillAmount(account.slab, { waiting: add(...needs), available, stock })
      // Money that would serve nobody is left for others.
      if (amount === 0n || picos(free(account.slab) + available) < smallest) break
      const outcome = await this.#ask(account, amount)
      // Refused what is there: somebody gave the hold up in our name.
      if (outcome.kind === 'refused' && outcome.available >= amount) this.#loseHold(account)
      if (outcome.kind === 'held') {
        account.slab = grow(account.slab, amount)
        account.stock = stock
        return outcome
      }
      available = outcome.available
    }
    account.stock = ZERO
    return { kind: 'refused', available }
  }

  /** Requests that still run on a lost hold are charged without it; until they end, nothing new is admitted. */
  #loseHold(account: Account): void {
    if (account.holdId === null) return
    if (account.slab.inFlight > 0) throw new Defect(`the hold ${account.holdId} is gone`)
    account.slab = EMPTY_SLAB
    account.holdId = null
  }

  async #ask(account: Account, amount: Money): Promise<{ readonly kind: 'held' } | HoldRefused> {
    const { keeper } = this.#deps
    if (account.holdId !== null) return keeper.raise(account.holdId, amount)
    const outcome = await keeper.open(account.organizationId, amount)
    if (outcome.kind === 'held') account.holdId = outcome.holdId
    return outcome
  }
}
