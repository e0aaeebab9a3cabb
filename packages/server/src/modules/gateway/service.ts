/**
 * The gateway's use cases: who is calling, may this request be paid, which server answers it, and what did it use.
 * Speaks no HTTP: the edges in processes/gateway carry bytes and call these in order.
 */
import { allowsModel } from '#kernel/key-bounds.ts'
import { greatest, renderMoney, ZERO, type Money } from '#kernel/money.ts'
import type { Budget } from '#modules/budget/index.ts'
import type { Credential, Principal } from '#modules/identity/index.ts'
import type { RateLimit } from '#modules/rate/index.ts'
import { Admission, type AdmissionDeps, type AdmissionOutcome } from './admission.ts'
import type { Asking, Judged } from './asking-service.ts'
import { type BudgetPass, endUserOf, passBudgets } from './budget-gate-service.ts'
import { Call } from './call.ts'
import { worstCharge, worstQuantities } from './charge.ts'
import { hintOfWrong, readCredential, type Headers } from './credential.ts'
import type { ModelRequest } from './frame/dialect.ts'
import { GuardTable, type GuardTableDeps, UNGUARDED } from './guard/guard-table-service.ts'
import { type Parse, type Screened, screenRequest } from './guard/screening-service.ts'
import { Holding, type HoldingDeps, type OnGone } from './holding.ts'
import { LimitTable, type LimitTableDeps } from './limit-table.ts'
import { noticeOf } from './model-gate.ts'
import { findNamed, usable } from './name-service.ts'
import { PrincipalCache, type PrincipalCacheDeps, type Verdict } from './principal-cache.ts'
import { RateGate, type RateGateDeps, type RatePass } from './rate-gate-service.ts'
import { renderRateHeaders } from './rate-headers.ts'
import { ProgressKeeper, Recording, type RecorderDeps } from './recorder.ts'
import * as refusals from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { standingOf } from './route-standing.ts'
import { RouteTable, type RouteTableDeps } from './route-table.ts'
import type { Route } from './route.ts'
import { taskOf, withoutTask } from './task-service.ts'
import { priceRoute, standIn, tierHeaders } from './tier-service.ts'
import { readWish, withoutOurs } from './wish-service.ts'

export interface GatewayDeps {
  readonly principals: PrincipalCacheDeps
  readonly routes: RouteTableDeps
  readonly guards: GuardTableDeps
  readonly admission: AdmissionDeps
  readonly budgets: LimitTableDeps<Budget>
  readonly rates: LimitTableDeps<RateLimit>
  readonly rateGate: RateGateDeps
  /** Against budgets, as `admission` is against balances. */
  readonly budgetAdmission: AdmissionDeps
  readonly recorder: RecorderDeps
  readonly holding: HoldingDeps
  /** Whether records can be kept; without, no new work is taken. */
  readonly isRecording: () => boolean
  readonly callsMax: number
  /** What the clock's hour is. */
  readonly hourUtc: () => number
}

export class Gateway {
  readonly principals: PrincipalCache
  readonly routes: RouteTable
  readonly guards: GuardTable
  readonly admission: Admission
  readonly budgets: LimitTable<Budget>
  readonly rates: LimitTable<RateLimit>
  readonly rateGate: RateGate
  readonly budgetAdmission: Admission
  readonly holding: Holding
  readonly progress = new ProgressKeeper()
  readonly #deps: GatewayDeps
  readonly #nowMs = () => this.#deps.recorder.now().getTime()
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
    this.guards = new GuardTable(deps.guards)
    this.holding = new Holding(deps.holding, (model) => this.routes.find(model))
    this.admission = new Admission(deps.admission)
    this.budgets = new LimitTable(deps.budgets)
    this.rates = new LimitTable(deps.rates)
    this.rateGate = new RateGate(deps.rateGate)
    this.budgetAdmission = new Admission(deps.budgetAdmission)
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

  /** What a name stands for, for whoever asks. What a project may not use is answered as what there is not. */
  findModel(model: string, { projectId }: Pick<Principal, 'projectId'>): Route | Refusal {
    return findNamed({ routes: this.routes, projectId, nowMs: this.#nowMs }, model)
  }

  /** Judges and screens a body, and finds the route of the model that it goes to, and who of it may answer. */
  judge(asking: Asking, purpose?: 'counting'): Judged | Refusal {
    const parse = (body: Uint8Array) => asking.dialect.parse(body, purpose)
    const parsed = parse(asking.body)
    if (parsed.kind === 'refusal') return parsed
    asking.sight?.read(parsed)
    const screened = this.#screen(asking, parsed, parse)
    if (screened.kind === 'refusal') return screened
    const { request, guard } = screened
    const route = this.findModel(request.model, asking.principal)
    if ('status' in route) return route
    const { bounds } = asking.principal
    if (bounds && !allowsModel(bounds, route.model, request.model))
      return refusals.modelNotAllowed(request.model)
    if ((route.isEmbedding === true) !== (asking.dialect.name === 'embeddings'))
      return refusals.wrongKindOfModel(route.model, route.isEmbedding === true)
    const judged = this.#judgeRoute(asking, request, route)
    return judged.kind === 'refusal' || guard === null ? judged : { ...judged, guard }
  }

  /** What its project looks for. A request of which that is not known is not answered. */
  #screen(
    { dialect, principal, guard }: Asking,
    request: ModelRequest,
    parse: Parse,
  ): Screened | Refusal {
    const guards = guard === 'none' ? UNGUARDED : this.guards.find(principal)
    if (guards === null) return refusals.databaseAway()
    if (guards.input === null && guards.output === null)
      return { kind: 'screened', request, guard: null }
    const screened = screenRequest(guards, { dialect: dialect.name, request, parse })
    if (screened.kind === 'refusal' || guard !== 'asked') return screened
    return { ...screened, guard: screened.guard && { ...screened.guard, judges: [] } }
  }

  #judgeRoute(asking: Asking, request: ModelRequest, found: Route): Judged | Refusal {
    const refused = this.#whyNot()
    if (refused) return refused
    const { dialect, headers, principal, line } = asking
    const route = priceRoute(this.routes, found, { asking, request })
    if ('status' in route) return route
    const { organizationId, projectId } = principal
    const project = this.routes.constraintsOf(projectId)
    const hourUtc = this.#deps.hourUtc
    const wish = readWish({
      ...{ route, request, headers, organizationId, projectId, project, hourUtc },
    })
    if (wish?.kind === 'refusal') return wish
    const taskId = taskOf(headers, request.body)
    if (taskId !== null && typeof taskId !== 'string') return taskId
    // A key that is kept to some models is answered by no other in their stead.
    const { bounds } = principal
    const find = (model: string) =>
      bounds && !allowsModel(bounds, model, model)
        ? null
        : usable(
            { routes: this.routes, projectId, nowMs: this.#nowMs },
            standIn(this.routes, model, route),
          )
    const standing = standingOf({ route, wish, find })
    if (standing.kind === 'refusal') return standing
    const isPlain = wish === null && request.needs.tier === null
    const sent = isPlain ? request : withoutOurs(request, route)
    const isReady = standing.kind === 'ready'
    const routes = isReady ? standing.routes : [route]
    const { record } = asking
    const judged = { dialect, request: sent, asked: request, route, wish, routes, isReady, record }
    if (taskId === null) return { kind: 'judged', ...judged, line }
    return { kind: 'judged', ...judged, line, request: withoutTask(sent), taskId }
  }

  /** Admits a request to the model it names, or says why not. One for a model that sleeps is held until it is up. */
  open(asking: Asking, onGone: OnGone): Call | Refusal | Promise<Call | Refusal> {
    const { principal } = asking
    const judged = this.judge(asking)
    if (judged.kind === 'refusal') return judged
    return judged.isReady ? this.#admit(principal, judged) : this.#wake(asking, judged, onGone)
  }

  /** Holds a request until somebody answers for its model. Who could not pay for the answer wakes nobody. */
  async #wake(asking: Asking, judged: Judged, onGone: OnGone): Promise<Call | Refusal> {
    const { route } = judged
    const { principal } = asking
    const tried = await this.#spend(admittingOf(principal, judged))
    if (tried.kind === 'refusal') return tried
    tried.cancel()
    const found = await this.holding.hold(route, onGone)
    // Rules may have changed meanwhile: it is judged anew.
    const allowed = this.findModel(judged.asked.model, principal)
    if ('status' in allowed) return allowed
    const again = this.#judgeRoute(asking, judged.asked, found ?? route)
    if (again.kind === 'refusal') return again
    const { guard } = judged
    return found !== null && again.isReady
      ? this.#admit(principal, guard === undefined ? again : { ...again, guard })
      : startingOf(found ?? this.routes.find(route.model) ?? route)
  }

  #admit(principal: Principal, judged: Judged): Call | Refusal | Promise<Call | Refusal> {
    const rates = judged.line ? null : this.rates.find(principal.organizationId)
    const wish = admittingOf(principal, judged)
    return rates === null ? this.#spend(wish) : this.#passRates(rates, wish)
  }

  async #passRates(limits: readonly RateLimit[], wish: Admitting): Promise<Call | Refusal> {
    const { dialect, request, route, routes } = wish.judged
    const { organizationId, organizationKind, projectId } = wish.principal
    const apiKeyId = limitedKeyOf(wish.principal)
    const tokens = Math.max(...routes.map((each) => mostTokens(each, request)))
    const pass = await this.rateGate.pass({
      ...{ limits, tokens, organizationId, projectId, apiKeyId, model: route.model },
      isCustomer: organizationKind === 'customer',
    })
    const nowMs = this.#deps.rateGate.nowMs()
    const headers = renderRateHeaders(pass.standing, { dialect: dialect.name, nowMs })
    if (pass.kind === 'stopped') return withHeaders(pass.refusal, headers)
    const opened = await this.#spend({ ...wish, rates: { pass, headers } })
    if (opened.kind !== 'refusal') return opened
    pass.cancel()
    return withHeaders(opened, headers)
  }

  #spend(wish: Admitting): Call | Refusal | Promise<Call | Refusal> {
    const budgets = this.budgets.find(wish.principal.organizationId)
    return budgets === null ? this.#pay(wish) : this.#passBudgets(budgets, wish)
  }

  async #passBudgets(budgets: readonly Budget[], wish: Admitting): Promise<Call | Refusal> {
    const { principal, judged, worst } = wish
    const endUser = endUserOf(judged.asked.body)
    const at = this.#deps.recorder.now()
    const { organizationId, projectId } = principal
    const apiKeyId = limitedKeyOf(principal)
    const asked = { budgets, organizationId, projectId, apiKeyId, endUser, worst, at }
    const pass = await passBudgets(this.budgetAdmission, asked)
    return pass.kind === 'refusal' ? pass : this.#pay({ ...wish, pass })
  }

  #pay(wish: Admitting): Call | Refusal | Promise<Call | Refusal> {
    const { principal, worst } = wish
    const proceed = (outcome: AdmissionOutcome) => this.#begin(wish, outcome)
    const admitted = this.admission.tryAdmit(principal.organizationId, worst)
    if (admitted) return proceed(admitted)
    return this.admission.admit(principal.organizationId, worst).then(proceed)
  }

  #whyNot(): Refusal | null {
    if (this.#isStopping) return refusals.stopping()
    if (!this.#deps.isRecording()) return refusals.recordsAway()
    if (!this.budgets.isLoaded || !this.rates.isLoaded) return refusals.databaseAway()
    return this.#calls >= this.#deps.callsMax ? refusals.overloaded() : null
  }

  #recorderOf({ line }: Judged): RecorderDeps {
    return line ? { ...this.#deps.recorder, ...line.record } : this.#deps.recorder
  }

  #begin(wanted: Admitting, outcome: AdmissionOutcome): Call | Refusal {
    const { principal, judged, worst, pass, rates } = wanted
    if (outcome.kind !== 'admitted') pass?.settle(ZERO)
    if (outcome.kind === 'unavailable') return refusals.databaseAway()
    if (outcome.kind === 'refused')
      return refusals.insufficientQuota(renderMoney(worst), renderMoney(outcome.available))
    this.#calls += 1
    const { dialect, request, route, wish, routes, record } = judged
    const { organizationId, projectId } = principal
    const leaseIds = pass?.leaseIds
    const paid = { organizationId, projectId, route, holdId: outcome.holdId }
    const bounded = leaseIds?.length ? { ...paid, leaseIds } : paid
    const { taskId } = judged
    const payer = taskId === undefined ? bounded : { ...bounded, taskId }
    const told = tierHeaders(dialect, judged.asked, route)
    const notice = noticeOf(route, judged.asked.model)
    return new Call({
      dialect,
      request,
      route,
      wish,
      routes,
      guard: judged.guard ?? null,
      recording: new Recording(this.#recorderOf(judged), payer, record?.eventId),
      progress: this.progress,
      ...(told || rates || notice
        ? { answerHeaders: { ...rates?.headers, ...told, ...notice } }
        : null),
      settle: (cost, tokens) => {
        outcome.settle(cost)
        pass?.settle(cost)
        rates?.pass.end(tokens)
        record?.onSettled(tokens)
        this.#calls -= 1
      },
    })
  }
}

interface Admitting {
  readonly principal: Principal
  readonly judged: Judged
  readonly worst: Money
  /** Null where no budget is in the way. */
  readonly pass: BudgetPass | null
  /** Null where no rate limit is in the way. */
  readonly rates: { readonly pass: RatePass; readonly headers: Record<string, string> } | null
}

/** Held is what the dearest of those who may answer could cost. */
function admittingOf(principal: Principal, judged: Judged): Admitting {
  const worst = judged.routes.reduce<Money>(
    (most, route) => greatest(most, worstCharge(route, judged.request)),
    ZERO,
  )
  return { principal, judged, worst, pass: null, rates: null }
}

/** Limits of a key hold for those that take its place. */
function limitedKeyOf({ firstKeyId, apiKeyId }: Principal): string {
  return firstKeyId ?? apiKeyId
}

function mostTokens({ contextTokens }: Route, request: ModelRequest): number {
  const { inputTokens, outputTokens } = worstQuantities(contextTokens, request)
  return inputTokens + outputTokens
}

function withHeaders(refusal: Refusal, headers: Readonly<Record<string, string>>): Refusal {
  return { ...refusal, headers: { ...headers, ...refusal.headers } }
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
