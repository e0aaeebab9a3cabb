/** Runs a plan with the live market's rules and the owner's own bookkeeping. */
import { accountOfPool } from '#modules/economics/index.ts'
import type { Plan } from './plan.ts'
import { POLICIES } from './policies-service.ts'
import type { PolicyMaker } from './policy.ts'
import { runPlan, type VariantResult } from './run-plan.ts'
import { POLICY_NAMES } from './scenario.ts'

/** `P2 static 10%` is `static-10` in a scenario. */
function plainName(name: string): string {
  return name.replace(/^P\d /, '').replace('%', '').replaceAll(' ', '-')
}

const BY_NAME = new Map(Object.entries(POLICIES).map(([name, policy]) => [plainName(name), policy]))

function policyOf(name: string): PolicyMaker {
  const policy = BY_NAME.get(name)
  if (!policy) throw new Error(`There is no policy ${name}.`)
  return policy
}

const policies = Object.fromEntries(POLICY_NAMES.map((name) => [name, policyOf(name)])) as Record<
  (typeof POLICY_NAMES)[number],
  PolicyMaker
>

export function runScenarioPlan(
  plan: Plan,
  onProgress: (fraction: number) => void,
): readonly VariantResult[] {
  return runPlan(plan, { policies, accountOfPool }, onProgress)
}
