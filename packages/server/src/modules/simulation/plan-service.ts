/** Runs a plan with the live market's rules and the owner's own bookkeeping. */
import { accountOfPool } from '#modules/economics/index.ts'
import { LIVE_RULES, liveTermsOf } from './live-rules-service.ts'
import type { Plan } from './plan.ts'
import { POLICIES } from './policies-service.ts'
import type { PolicyMaker } from './policy.ts'
import { runPlan, type VariantResult } from './run-plan.ts'
import { POLICY_NAMES } from './scenario.ts'

/** `P2 static 10%` is `static-10` in a scenario. */
function plainName(name: string): string {
  return name.replace(/^P\d /, '').replace('%', '').replaceAll(' ', '-')
}

/** In a scenario, `spillway` is the live market itself; the benchmark's own is named after what it keeps. */
const BY_NAME = new Map(
  Object.entries(POLICIES).map(([name, policy]) => [
    name === 'P8 spillway' ? 'conditional-rise' : plainName(name),
    policy,
  ]),
)

function policyOf(name: string): PolicyMaker {
  const policy = BY_NAME.get(name)
  if (!policy) throw new Error(`There is no policy ${name}.`)
  return policy
}

const COMPARED = POLICY_NAMES.filter((name) => name !== 'spillway')
const policies = Object.fromEntries(COMPARED.map((name) => [name, policyOf(name)])) as Record<
  (typeof COMPARED)[number],
  PolicyMaker
>

export function runScenarioPlan(
  plan: Plan,
  onProgress: (fraction: number) => void,
): readonly VariantResult[] {
  const rules = { live: LIVE_RULES, termsOf: liveTermsOf, policies, accountOfPool }
  return runPlan(plan, rules, onProgress)
}
