/**
 * The gateway's use cases: who is calling, may this request be paid, which server answers it, and what did it use.
 * Speaks no HTTP: the edges in processes/gateway carry bytes and call these in order.
 */
import { renderMoney, type Money } from '#kernel/money.ts'
import type { Credential, Principal } from '#modules/identity/index.ts'
import { Admission, type AdmissionDeps, type AdmissionOutcome } from './admission.ts'
import { Call } from './call.ts'
import { worstCharge } from './charge.ts'
import { hintOfWrong, readCredential, type Headers } from './credential.ts'
import type { Dialect, ModelRequest } from './frame/dialect.ts'
import { Holding, type HoldingDeps, type OnGone } from './holding.ts'
import { PrincipalCache, type PrincipalCacheDeps, type Verdict } from './principal-cache.ts'
import { ProgressKeeper, Recording, type RecorderDeps } from './recorder.ts'
import * as refusals from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { RouteTable, type RouteTableDeps } from './route-table.ts'
import type { Route } from './route.ts'

export interface GatewayDeps {
  readonly principals: PrincipalCacheDeps
  readonly routes: RouteTableDeps
  readonly admission: AdmissionDeps
  readonly recorder: RecorderDeps
  readonly holding: HoldingDeps
  /** Whether records can be kept; without, no new work is taken. */
  readonly isRecording: () => boolean
  readonly callsMax: number
}

export class Gateway {
  readonly principals: PrincipalCache
  readonly routes: RouteTable
  readonly admission: Admission
  readonly holding: Holding
  readonly progress = new ProgressKeeper()
  readonly #deps: GatewayDeps
  #calls = 0
  #isStopping = false

  constructor(deps: GatewayDeps) {
    this.#deps = deps
    this.principals = new PrincipalCache(deps.principals)
    this.routes = new RouteTable({
      ...deps.routes,
      onTargets: (urls) => {
        deps.routes.onTargets(urls)
        this.holding.look()
      },
    })
    this.holding = new Holding(deps.holding, (model) => this.routes.find(model))
    this.admission = new Admission(deps.admission)
  }

  /** Requests that were admitted and have not ended. */
  get calls(): number {
    return this.#calls
  }

  /** From now on every new request is refused. */
  stop(): void {
    this.#isStopping = true
    this.holding.end()
  }

  /** Who is calling, by the headers of a request. Answers at once where it can: this is the hot path. */
  identify(headers: Headers): Principal | Refusal | Promise<Principal | Refusal> {
    const credential = readCredential(headers)
    if (credential.kind === 'refusal') return credential
    const verdict = this.principals.recall(credential)
    if (verdict) return judge(verdict, credential)
    return this.principals.resolve(credential).then((answer) => judge(answer, credential))
  }

  findModel(model: string): Route | Refusal {
    const route = this.routes.find(model)
    if (route) return route
    return this.routes.isLoaded ? refusals.unknownModel(model) : refusals.databaseAway()
  }

  /** Judges a body, and finds the route of the model that it names; or says why not. */
  judge({ dialect, body }: Asking, purpose?: 'counting'): Judged | Refusal {
    const request = dialect.parse(body, purpose)
    if (request.kind === 'refusal') return request
    const route = this.findModel(request.model)
    if ('status' in route) return route
    if ((route.isEmbedding === true) !== (dialect.name === 'embeddings'))
      return refusals.wrongKindOfModel(route.model, route.isEmbedding === true)
    return this.#whyNot(route) ?? { kind: 'judged', dialect, request, route }
  }

  /** Admits a request to the model it names, or says why not. One for a model that sleeps is held until it is up. */
  open(
    principal: Principal,
    asking: Asking,
    onGone: OnGone,
  ): Call | Refusal | Promise<Call | Refusal> {
    const judged = this.judge(asking)
    if (judged.kind === 'refusal') return judged
    if (judged.route.targets.length > 0) return this.#admit(principal, judged)
    return this.#wake(principal, judged, onGone)
  }

  /** Holds a request until somebody answers for its model. Who could not pay for the answer wakes nobody. */
  async #wake(principal: Principal, judged: Judged, onGone: OnGone): Promise<Call | Refusal> {
    const { route } = judged
    const tried = await this.#admit(principal, judged)
    if (tried.kind === 'refusal') return tried
    tried.cancel()
    const found = await this.holding.hold(route, onGone)
    const why = this.#whyNot(found ?? route)
    if (why) return why
    return found !== null && found.targets.length > 0
      ? this.#admit(principal, { ...judged, route: found })
      : startingOf(found ?? this.routes.find(route.model) ?? route)
  }

  #admit(principal: Principal, judged: Judged): Call | Refusal | Promise<Call | Refusal> {
    const worst = worstCharge(judged.route, judged.request)
    const proceed = (outcome: AdmissionOutcome) =>
      this.#begin({ principal, judged, worst }, outcome)
    const admitted = this.admission.tryAdmit(principal.organizationId, worst)
    if (admitted) return proceed(admitted)
    return this.admission.admit(principal.organizationId, worst).then(proceed)
  }

  #whyNot(route: Route): Refusal | null {
    if (this.#isStopping) return refusals.stopping()
    if (!this.#deps.isRecording()) return refusals.recordsAway()
    if (this.#calls >= this.#deps.callsMax) return refusals.overloaded()
    if (route.targets.length === 0 && !route.isWakeable)
      return refusals.modelNotReady(route.model, route.stateText)
    return null
  }

  #begin({ principal, judged, worst }: Wish, outcome: AdmissionOutcome): Call | Refusal {
    if (outcome.kind === 'unavailable') return refusals.databaseAway()
    if (outcome.kind === 'refused')
      return refusals.insufficientQuota(renderMoney(worst), renderMoney(outcome.available))
    this.#calls += 1
    const { dialect, request, route } = judged
    const { organizationId, projectId } = principal
    const payer = { organizationId, projectId, route, holdId: outcome.holdId }
    return new Call({
      dialect,
      request,
      route,
      recording: new Recording(this.#deps.recorder, payer),
      progress: this.progress,
      settle: (cost) => {
        outcome.settle(cost)
        this.#calls -= 1
      },
    })
  }
}

/** What a client sent, and in which dialect. */
export interface Asking {
  readonly dialect: Dialect
  readonly body: Uint8Array
}

/** A request that makes sense, of a model that somebody answers for, now or once it is woken. */
export interface Judged {
  readonly kind: 'judged'
  readonly dialect: Dialect
  readonly request: ModelRequest
  readonly route: Route
}

interface Wish {
  readonly principal: Principal
  readonly judged: Judged
  readonly worst: Money
}

const RETRY_S = 5

function startingOf({ model, stateText, coldStartMs }: Route): Refusal {
  const retryAfterS = coldStartMs === null ? RETRY_S : Math.max(1, Math.ceil(coldStartMs / 1000))
  return refusals.modelStarting(model, stateText, retryAfterS)
}

function judge(verdict: Verdict, credential: Credential): Principal | Refusal {
  if (verdict.kind === 'known') return verdict.principal
  return verdict.kind === 'wrong'
    ? refusals.wrongKey(hintOfWrong(credential))
    : refusals.databaseAway()
}
