/**
 * Admits a request against every budget that it counts against: its worst case is set aside in each before it runs, its
 * cost stays when it has ended. Leases on budgets are slabs as those on balances are, and fail closed as those do.
 */
import { hash } from 'node:crypto'
import { type Money, renderMoney, ZERO } from '#kernel/money.ts'
import { type Budget, budgetKeyOf, budgetPeriodOf, budgetsInForce } from '#modules/budget/index.ts'
import type { Admission, AdmissionOutcome } from './admission.ts'
import type { Json } from './frame/dialect.ts'
import { isObject } from './json.ts'
import { budgetExceeded, databaseAway, type Refusal } from './refusal.ts'

/** A purse as the admission's account: its name, from which the keeper knows it again. */
export function renderPurse(budget: Budget, endUser: string | null, at: Date): string {
  const { budgetId, startsAt, subject } = budgetKeyOf(budget, endUser, at)
  return `${budgetId} ${startsAt.getTime()} ${subject}`
}

const END_USER_CHARACTERS_MAX = 256

/** Whom a request names: OpenAI's `user` or `safety_identifier`, Anthropic's `metadata.user_id`; null: nobody. */
export function endUserOf(body: Json): string | null {
  const { user, safety_identifier: safety, metadata } = body
  const ofMetadata = isObject(metadata) ? metadata['user_id'] : undefined
  const named = [user, safety, ofMetadata].find((each) => typeof each === 'string' && each !== '')
  if (typeof named !== 'string') return null
  const isPlain = named.length <= END_USER_CHARACTERS_MAX && !named.includes('\0')
  return isPlain ? named : `sha256:${hash('sha256', named, 'hex')}`
}

export interface BudgetPass {
  readonly kind: 'passed'
  /** What the record of the request is entered under. */
  readonly leaseIds: readonly string[]
  readonly settle: (cost: Money) => void
}

export interface BudgetAsk {
  readonly budgets: readonly Budget[]
  readonly organizationId: string
  readonly projectId: string
  readonly apiKeyId: string
  readonly endUser: string | null
  readonly worst: Money
  readonly at: Date
}

export async function passBudgets(
  admission: Admission,
  { budgets, worst, at, ...spender }: BudgetAsk,
): Promise<BudgetPass | Refusal> {
  const passed: Extract<AdmissionOutcome, { kind: 'admitted' }>[] = []
  const settle = (cost: Money) => passed.forEach((each) => each.settle(cost))
  for (const budget of budgetsInForce(budgets, spender)) {
    const purse = renderPurse(budget, spender.endUser, at)
    const outcome = admission.tryAdmit(purse, worst) ?? (await admission.admit(purse, worst))
    if (outcome.kind === 'admitted') {
      passed.push(outcome)
      continue
    }
    settle(ZERO)
    if (outcome.kind === 'unavailable') return databaseAway()
    return budgetExceeded({
      budgetId: budget.id,
      whose: describe(budget, spender.endUser),
      needed: renderMoney(worst),
      available: renderMoney(outcome.available),
      endsAt: budgetPeriodOf(budget.period, at).endsAt,
    })
  }
  const leaseIds = passed.flatMap(({ holdId }) => holdId ?? [])
  return { kind: 'passed', leaseIds, settle }
}

const PERIODS = { day: 'daily', week: 'weekly', month: 'monthly', total: 'total' } as const

/** Such as “monthly budget of the key”. */
function describe({ period, apiKeyId, projectId, endUser }: Budget, named: string | null): string {
  const user = named === null ? 'requests that name no end user' : `the end user ${named}`
  const scope =
    endUser !== null
      ? user
      : apiKeyId !== null
        ? 'this API key'
        : projectId !== null
          ? 'the project'
          : 'the organization'
  return `${PERIODS[period]} budget of ${scope}`
}
