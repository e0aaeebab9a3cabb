/**
 * A request of a project that lets its content be kept: answered from the project's cache where that has the answer,
 * else by the model, and kept then. Guardrails, limits and money have had their say before.
 */
import {
  type AnswerCache,
  type CachedAnswer,
  type CachePlan,
  canonical,
  canonicalRequest,
  type ContentPolicy,
  type ContentStore,
  isSteady,
  planCache,
  type PolicyTable,
  readCacheWish,
} from '#modules/content/index.ts'
import { type Call, type Gateway, refusals, type Refusal } from '#modules/gateway/index.ts'
import { type Admitted, type AskDeps, finish } from './asking.ts'
import { canPay, type Kept, readKept, renderKept } from './cached-words.ts'
import { type Answered, type Exchange, sendJson, sendRefusal } from './exchange.ts'

export interface ContentServingDeps {
  readonly policies: PolicyTable
  readonly cache: AnswerCache
  readonly store: ContentStore
}

interface ServingDeps extends AskDeps {
  readonly now: () => Date
}

export interface KeptRequest extends Admitted {
  readonly policy: ContentPolicy
}

type Ask = (exchange: Exchange) => Promise<void>

const CACHE_HEADER = 'x-spillway-cache'
const UNPLANNED = { plan: null, id: '' } as const

interface Planned {
  readonly plan: CachePlan | null
  readonly id: string
}

export class ContentServing {
  readonly policies: PolicyTable
  readonly #cache: AnswerCache
  readonly #store: ContentStore

  constructor({ policies, cache, store }: ContentServingDeps) {
    this.policies = policies
    this.#cache = cache
    this.#store = store
  }

  /** What asks for nothing to be kept is as good as never seen here. */
  serve(deps: ServingDeps, request: KeptRequest, ask: Ask): Promise<void> {
    const isStored = request.policy.storedDays !== null
    const exchange = isStored ? this.#storing(deps, request) : request.exchange
    return this.#serveCached(deps, { ...request, exchange }, ask)
  }

  /** Stores what a whole answer said, and to what, once it is over. */
  #storing({ now }: ServingDeps, { exchange, principal, policy }: KeptRequest): Exchange {
    const { requestId, kept: before } = exchange
    const { organizationId, projectId } = policy
    const onWhole = (answered: Answered) => {
      before?.onWhole(answered)
      const { call } = answered
      const answer = answerOf(answered, { requestId, at: now() })
      if (answer === null) return
      void this.#store.keep({
        ...{ requestId, organizationId, projectId, apiKeyId: principal.apiKeyId },
        ...{ model: call.route.model, dialect: call.dialect.name },
        ...{ request: JSON.stringify(call.request.body), answer },
      })
    }
    return { ...exchange, kept: { ...before, isFollowed: true, onWhole } }
  }

  async #serveCached(deps: ServingDeps, request: KeptRequest, ask: Ask): Promise<void> {
    const planned = this.#plan(deps.gateway, request)
    if ('status' in planned) return sendRefusal(request.exchange, planned)
    const { plan, id } = planned
    if (plan === null) return ask(request.exchange)
    const { exchange, call, policy } = request
    if (plan.isRead) {
      const found = await this.#cache.find({ policy, id }, plan.maxAgeS)
      const kept = found && readKept(found)
      if (found && kept && canPay(call, found)) return this.#give(deps, request, { found, kept })
      this.#cache.count(policy.projectId, 'miss')
      deps.watch.onCache(call, 'miss')
    }
    exchange.response.setHeader(CACHE_HEADER, plan.isRead ? 'miss' : 'refresh')
    const before = exchange.kept
    const onWhole = (answered: Answered) => {
      before?.onWhole(answered)
      const words = wordsOf(answered)
      if (words === null) return
      const caching = { policy, id, model: call.route.model, ttlS: plan.ttlS }
      const { inputTokens, outputTokens } = answered.used
      const counted = { requestId: exchange.requestId, inputTokens, outputTokens }
      void this.#cache.keep(caching, { ...counted, content: words })
    }
    return ask({ ...exchange, kept: { ...before, isFollowed: true, onWhole } })
  }

  #plan(gateway: Gateway, { exchange, principal, call, policy }: KeptRequest): Planned | Refusal {
    const header = exchange.request.headers[CACHE_HEADER]
    const wish = typeof header === 'string' ? readCacheWish(header) : null
    if (typeof header === 'string' && wish === null) return refusals.wrongCacheWish()
    const { route, request, dialect } = call
    if (route.cachedResponse === undefined || !canKeep(call)) return UNPLANNED
    const facts = { isEmbedding: route.isEmbedding === true, choices: request.choices }
    const plan = planCache(policy, { wish, isSteady: isSteady(request.body, facts) })
    if (plan === null) return UNPLANNED
    const { constraints = [], preference = null } = call.wish ?? {}
    const parts = [
      dialect.name,
      route.model,
      String(route.policy?.version ?? 0),
      canonical({ constraints, preference }),
      gateway.guards.versionOf(principal),
      canonicalRequest({ ...request.body, model: route.model }),
    ]
    return { plan, id: this.#cache.idOf({ policy, parts }) }
  }

  /** Paid like any answer, at the price of such tokens. */
  async #give(
    deps: ServingDeps,
    { exchange, call, policy }: KeptRequest,
    { found, kept }: { readonly found: CachedAnswer; readonly kept: Kept },
  ): Promise<void> {
    const { inputTokens, outputTokens } = found
    const used = { inputTokens, outputTokens, isCachedResponse: true, isEstimated: false }
    call.answerFrom(found.requestId)
    exchange.sight?.end('complete', call.served, used)
    const lost = await finish(deps, call, { used, isDelivered: false })
    if (lost) return sendRefusal(exchange, lost)
    this.#cache.count(policy.projectId, { hitTokens: inputTokens + outputTokens })
    deps.watch.onCache(call, 'hit')
    exchange.kept?.onWhole({ call, used, events: () => kept.events, text: kept.text })
    const at = deps.now()
    const ageS = Math.max(0, Math.floor((at.getTime() - found.madeAt.getTime()) / 1000))
    const headers = {
      [CACHE_HEADER]: 'hit',
      'x-spillway-cache-age': String(ageS),
      'x-spillway-original-request-id': found.requestId,
    }
    const text = renderKept(kept, {
      ...{ call, request: call.request, used, at },
      requestId: exchange.requestId,
    })
    if (call.request.isStream) sendStream(exchange, text, headers)
    else sendJson(exchange, text, headers)
  }
}

/** What cannot be written anew from what it says is kept as it is, and only whole. */
function canKeep({ dialect, request }: Call): boolean {
  return !(dialect.name === 'completions' && request.isStream)
}

/** The answer in one piece, however it went out; null where that cannot be said. */
function answerOf(
  { call, used, events, text }: Answered,
  said: { readonly requestId: string; readonly at: Date },
): string | null {
  if (isOnlyRelayed(call)) return text
  const kept = { events: events(), text: null }
  const whole = { ...call.request, isStream: false }
  return kept.events && renderKept(kept, { call, request: whole, used, ...said })
}

const isOnlyRelayed = ({ dialect: { name } }: Call) =>
  name === 'completions' || name === 'embeddings'

/** Null for what is not to be given to others: another model's answer, and one that a guardrail had a say in. */
function wordsOf({ call, events, text }: Answered): string | null {
  if (call.served !== call.route || call.guard?.screening.render()) return null
  if (isOnlyRelayed(call)) return text === null ? null : JSON.stringify({ text })
  const said = events()
  if (said === null || said.length === 0) return null
  const isFiltered = said.some((each) => each.kind === 'finish' && each.reason === 'content_filter')
  return isFiltered ? null : JSON.stringify({ events: said })
}

function sendStream(
  { response, requestId }: Exchange,
  text: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'x-request-id': requestId,
  })
  response.end(text)
}
