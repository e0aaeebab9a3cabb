/**
 * What became of a request on its way: which servers were asked, why them, and how each try went. It is kept with the
 * usage that it led to, and holds nothing of what was said.
 */
import { add, rate, renderMoney } from '#kernel/money.ts'
import type { Quantities } from './charge.ts'
import type { RoutingDecision, RoutingReason, Wish } from './route-choice.ts'
import type { Route, Target } from './route.ts'

/** `called_off`: another was faster. `broken`: it broke off amid its answer. `refused`: the request itself was at fault. */
export type TryOutcome =
  | 'answered'
  | 'refused'
  | 'failed'
  | 'timed_out'
  | 'connection_lost'
  | 'broken'
  | 'gone'
  | 'called_off'

/** One try of one server. */
export interface Try {
  readonly target: Target
  /** Of the model that it answers for. */
  readonly model: string
  readonly group: string | null
  readonly reason: RoutingReason
  readonly outcome: TryOutcome
  /** Of its answer, where it gave one that was no success. */
  readonly status: number | null
  /** On the monotonic clock. */
  readonly startedMs: number
  readonly ms: number
}

export interface Trail {
  readonly asked: Route
  readonly tries: readonly Try[]
  readonly wish: Wish | null
  /** The request whose answer was kept, and was given to this one. */
  readonly cachedFrom?: string
}

const PER_MILLION = 1_000_000n

/**
 * What the operator pays where the answer came from, and for what was called off: that one was asked as well, so its input
 * is counted; what it had written, nobody says. A try that failed has no cost that anybody knows.
 */
function costOf({ target: { cost }, outcome }: Try, used: Quantities): string | null {
  const isCalledOff = outcome === 'called_off'
  if (cost === null || !(isCalledOff || outcome === 'answered' || outcome === 'broken')) return null
  const part = (amount: typeof cost.input, tokens: number) =>
    rate({ amount, per: PER_MILLION, unit: 'token' }, BigInt(tokens))
  const output = isCalledOff ? 0 : used.outputTokens
  return renderMoney(add(part(cost.input, used.inputTokens), part(cost.output, output)))
}

/** One line of JSON for the record of the request. */
export function renderTrail({ asked, tries, wish, cachedFrom }: Trail, used: Quantities): string {
  return JSON.stringify({
    asked: asked.model,
    version: asked.policy?.version ?? null,
    ...(wish
      ? {
          ...{ tags: wish.facts.tags, needs: wish.facts.needs },
          ...{ said: wish.said, preference: wish.preference },
        }
      : {}),
    ...(cachedFrom === undefined ? null : { cachedFrom }),
    tries: tries.map((each) => ({
      target: each.target.id,
      provider: each.target.providerName,
      region: each.target.region,
      ...{ model: each.model, group: each.group, reason: each.reason, outcome: each.outcome },
      ...{ status: each.status, ms: Math.round(each.ms), costUsd: costOf(each, used) },
    })),
  })
}

/** What the client is told of where its answer came from. */
export function renderOrigin(
  { target, route, group, reason }: RoutingDecision & { readonly target: Target },
  { asked, attempts }: { readonly asked: Route; readonly attempts: number },
): Readonly<Record<string, string>> {
  return {
    'x-spillway-provider': target.providerName,
    'x-spillway-region': target.region ?? 'unknown',
    'x-spillway-target': target.id,
    'x-spillway-reason': group === null ? reason : `${reason}; group=${group}`,
    'x-spillway-attempts': String(attempts),
    'x-spillway-route-version': String(asked.policy?.version ?? 0),
    ...(route === asked ? null : { 'x-spillway-model': route.model }),
  }
}
