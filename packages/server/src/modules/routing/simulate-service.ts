/** What a route would have made of recorded requests, beside what the route in force makes of them. */
import { RouteConstraints, type RouteDocument, RoutePreference } from '@spillway/contract'
import { z } from 'zod'
import { add, type Money, money, renderMoney, ZERO } from '#kernel/money.ts'
import type { Quantities } from '#modules/gateway/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { listTraffic, type RecordedRequest } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { ROUTE_REPLAYED_MAX } from '../../limits.ts'
import { type Recorded, type Replay, replay } from './replay-service.ts'
import { requireTargets } from './service.ts'
import { loadRouting } from './table-service.ts'

const HOUR_MS = 3_600_000

/** What gateways note beside usage; read leniently, since it may be of another version. */
const Detail = z.object({
  tags: z.array(z.string()).catch([]),
  needs: z
    .object({ tools: z.boolean(), images: z.boolean() })
    .catch({ tools: false, images: false }),
  said: z.array(RouteConstraints).catch([]),
  preference: RoutePreference.pick({ order: true, sort: true }).nullable().catch(null),
  tries: z
    .array(z.object({ outcome: z.string(), costUsd: z.string().nullable().catch(null) }))
    .catch([]),
})
const NOTHING_NOTED: z.infer<typeof Detail> = {
  tries: [],
  tags: [],
  needs: { tools: false, images: false },
  said: [],
  preference: null,
}

const CLASSES = {
  cached_input: 'cachedInputTokens',
  cache_write: 'cacheWriteTokens',
  reasoning: 'reasoningTokens',
} as const

/** The totals are whole again, and say how much of them is of a class of its own. */
function quantitiesOf(lines: RecordedRequest['lines']): Quantities {
  let [inputTokens, outputTokens] = [0, 0]
  const classes: Partial<Record<(typeof CLASSES)[keyof typeof CLASSES], number>> = {}
  for (const { sku, quantity } of lines) {
    const kind = sku.slice(sku.lastIndexOf('.') + 1)
    if (kind === 'output' || kind === 'reasoning') outputTokens += quantity
    else inputTokens += quantity
    const name = CLASSES[kind as keyof typeof CLASSES]
    if (name !== undefined) classes[name] = (classes[name] ?? 0) + quantity
  }
  return { inputTokens, outputTokens, ...classes }
}

/** Servers that were asked beside another and called off, and what that cost, as gateways noted it. */
function calledOffIn(found: readonly RecordedRequest[]) {
  const details = found.map(({ detail }) => Detail.safeParse(detail))
  const tries = details
    .flatMap((noted) => (noted.success ? noted.data.tries : []))
    .filter(({ outcome }) => outcome === 'called_off')
  const costs = tries.map(({ costUsd }) => (costUsd === null ? null : money(costUsd)))
  return { tries: tries.length, costUsd: orNull(sum(costs)) }
}

function toRecorded({
  organizationId,
  projectId,
  from,
  to,
  lines,
  detail,
}: RecordedRequest): Recorded {
  const noted = Detail.safeParse(detail)
  const { tries: _, ...told } = noted.success ? noted.data : NOTHING_NOTED
  return {
    ...{ organizationId, projectId, atMs: from.getTime() },
    lastedMs: to.getTime() - from.getTime(),
    used: quantitiesOf(lines),
    ...told,
  }
}

const sum = (amounts: readonly (Money | null)[]): Money | null =>
  amounts.reduce(
    (total, each) => (total === null || each === null ? null : add(total, each)),
    ZERO as Money | null,
  )

const orNull = (amount: Money | null) => (amount === null ? null : renderMoney(amount))

function render({ servers, refused }: Replay) {
  const sorted = servers.toSorted((a, b) => b.requests - a.requests)
  return {
    requests: servers.reduce((total, { requests }) => total + requests, 0),
    chargedUsd: renderMoney(add(...servers.map(({ charged }) => charged))),
    costUsd: orNull(sum(servers.map(({ cost }) => cost))),
    servers: sorted.map(({ target, route, requests, charged, cost }) => ({
      id: target.id,
      model: route.model,
      provider: target.providerName,
      region: target.region,
      requests,
      chargedUsd: renderMoney(charged),
      costUsd: orNull(cost),
    })),
    refused: [...refused].map(([code, requests]) => ({ code, requests })),
  }
}

export interface SimulationWish {
  readonly model: string
  readonly document: RouteDocument | null
  readonly hours: number
}

/** Throws `model.not_found` and `route.target_unknown`. */
export async function simulateRoute(db: Db, { model, document, hours }: SimulationWish, now: Date) {
  await requireTargets(db, model, document ?? { groups: [] })
  const table = await loadRouting(db, now)
  const from = new Date(now.getTime() - hours * HOUR_MS)
  const organizationIds = (await listOrganizations(db)).map(({ id }) => id)
  const traffic = { model, from, to: now, organizationIds, limit: ROUTE_REPLAYED_MAX + 1 }
  const found = await listTraffic(db, traffic)
  const isCut = found.length > ROUTE_REPLAYED_MAX
  const requests = found.slice(isCut ? 1 : 0).map(toRecorded)
  const current = table.routes.find((each) => each.model === model)?.policy?.document ?? null
  const of = (each: RouteDocument | null) =>
    render(replay({ model, document: each, table, requests }))
  return {
    ...{ model, from: from.toISOString(), to: now.toISOString() },
    calledOff: calledOffIn(found),
    ...{ requests: requests.length, isCut, before: of(current), after: of(document) },
    noted: found.slice(isCut ? 1 : 0).filter(({ detail }) => detail !== null).length,
  }
}
