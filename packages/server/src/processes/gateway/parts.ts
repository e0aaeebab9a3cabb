/** Puts a gateway's parts together: the module's use cases on the real clock, database, journal and connections. */
import { setTimeout as delay } from 'node:timers/promises'
import { type IdSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { listBudgets } from '#modules/budget/index.ts'
import { addMeasures } from '#modules/card/index.ts'
import {
  AnswerCache,
  ContentStore,
  KeyedCalls,
  listContentPolicies,
  PolicyTable,
} from '#modules/content/index.ts'
import {
  BUDGET_SLAB_POLICY,
  createBudgetKeeper,
  createHoldKeeper,
  createRateKeeper,
  Gateway,
  type GatewayDeps,
  SLAB_POLICY,
} from '#modules/gateway/index.ts'
import { listGuardrails } from '#modules/guardrail/index.ts'
import { authenticate } from '#modules/identity/index.ts'
import { createJournal, type JournalRecord } from '#modules/metering/index.ts'
import { listRateLimits } from '#modules/rate/index.ts'
import { loadRouting, noteBreaker } from '#modules/routing/index.ts'
import { noteHeld } from '#modules/scaling/index.ts'
import { openUpstreamCredential } from '#modules/serving/index.ts'
import { readSavedClock } from '#platform/clock/anchor-file.ts'
import { thisMachine } from '#platform/clock/machine.ts'
import { TrustedClock } from '#platform/clock/trusted-clock.ts'
import { type Database, inTransaction, openDatabase } from '#platform/db/database.ts'
import { createLog, type Logger } from '#platform/telemetry/log.ts'
import { HELD_TOLD_EVERY_MS, REQUEST_HELD_MS, REQUESTS_HELD_MAX } from '../../limits.ts'
import { assembleSetAside } from '../set-aside.ts'
import { VERSION } from '../version.ts'
import { ApiRelay } from './api-relay.ts'
import { BatchRunner } from './batch-runner.ts'
import { ContentServing } from './content-serving.ts'
import { KeyedServing } from './keyed.ts'
import { Measures } from './measures.ts'
import type { Parent } from './parent.ts'
import { RandomPool } from './random-pool.ts'
import { RecordKeeper } from './record-keeper.ts'
import type { GatewaySettings } from './settings.ts'
import { Sights } from './sights.ts'
import { Telemetry } from './telemetry.ts'
import { Upstreams } from './upstreams.ts'
import { Watch } from './watch.ts'

/** Beyond this many requests at once, more would only make each slower. */
const CALLS_MAX = 4096
const SILENCE_MAX_MS = 5 * 60_000
/** Admission and keys need few connections; the hot path none. */
const CONNECTIONS_MAX = 4
/** Of those that none has before a request needs it. */
const CONTENT_CONNECTIONS_MAX = 2

interface Base {
  readonly settings: GatewaySettings
  readonly log: Logger
  readonly clock: TrustedClock
  readonly ids: IdSource
  readonly database: Database
  readonly watch: Watch
  readonly upstreams: Upstreams
  readonly records: RecordKeeper
  /** The monotonic clock, for durations. */
  readonly nowMs: () => number
}

export interface Parts extends Base {
  readonly gateway: Gateway
  readonly keyedCalls: KeyedCalls
  readonly keyed: KeyedServing
  readonly content: ContentServing
  readonly cache: AnswerCache
  readonly store: ContentStore
  /** For what is looked up and kept of requests that ask for it: they wait for each other, and for nobody else. */
  readonly contentDatabase: Database
  readonly now: () => Date
  readonly trustedProxies: readonly string[]
  readonly apiRelay: ApiRelay
  readonly measures: Measures
  readonly newRequestId: () => string
  readonly batches: BatchRunner
  readonly sights: Sights | null
  /** Null: no collector is told. */
  readonly telemetry: Telemetry | null
}

export async function assemble(settings: GatewaySettings, parent: Parent): Promise<Parts> {
  const nowMs = () => performance.now()
  const log = createLog({ dataDir: settings.dataDir, level: settings.logLevel })
  const watch = new Watch({ log, nowMs })
  const clock = new TrustedClock({
    machine: thisMachine(),
    saved: readSavedClock(settings.dataDir),
    // The parent keeps the file; this process only follows.
    save: () => undefined,
  })
  const randomness = new RandomPool()
  const ids: IdSource = { nowMs: () => clock.now().getTime(), randomBytes: randomness.take }
  const database = openDatabase(settings.databaseUrl, {
    poolMax: CONNECTIONS_MAX,
    applicationName: `spillway-gateway ${settings.writer}`,
  })
  const records = new RecordKeeper({
    journal: await createJournal({ directory: settings.journalDirectory, writer: settings.writer }),
    makeProbe: () => makeProbe(ids, clock.now()),
    onChange: (isRecording, message) => {
      watch.onRecording(isRecording, message)
      void parent.tell({ type: 'recording', isRecording, message })
    },
    onBroken: () => parent.giveUp(),
  })
  const base = {
    settings,
    log,
    clock,
    ids,
    database,
    watch,
    upstreams: new Upstreams({
      openCredential: (sealed) => openUpstreamCredential(sealed, settings.pepper),
      now: () => clock.now(),
      silenceMaxMs: settings.silenceMaxMs ?? SILENCE_MAX_MS,
    }),
    records,
    nowMs,
  }
  return { ...base, ...createParts(base, randomness) }
}

function createParts(base: Base, randomness: RandomPool): Omit<Parts, keyof Base> {
  const { settings, ids } = base
  const { now } = base.clock
  const gateway = createGateway(base)
  const newRequestId = () => `req_${Buffer.from(randomness.take(12)).toString('hex')}`
  const telemetry = telemetryOf(base)
  return {
    ...createContent(base),
    ...{ now, gateway, newRequestId },
    trustedProxies: settings.trustedProxies,
    apiRelay: new ApiRelay(settings.api, settings.trustedProxies),
    batches: new BatchRunner({
      ...{ ...base, gateway, now, newRequestId },
      aside: assembleSetAside(now),
      newClaim: () => `${settings.writer}/${renderUuid(uuidBytes(ids))}`,
    }),
    measures: measuresOf(base),
    telemetry,
    sights: sightsOf(base, telemetry),
  }
}

function telemetryOf({ settings, clock, ids, watch }: Base): Telemetry | null {
  if (settings.otel === null) return null
  return new Telemetry({
    ...{ settings: settings.otel, instance: settings.writer, version: VERSION },
    ...{ now: () => clock.now(), randomBytes: ids.randomBytes },
    onSpans: (spans, became) => watch.onSpans(spans, became),
    onFailure: (failure) => watch.onFailure('telemetry', failure),
  })
}

/** Null: nobody looks on. */
function sightsOf(
  { database, clock, nowMs, watch, settings }: Base,
  telemetry: Telemetry | null,
): Sights | null {
  if (!settings.isLoggingRequests && telemetry === null) return null
  return new Sights({
    ...{ database, now: () => clock.now(), nowMs, telemetry },
    isLogging: settings.isLoggingRequests,
    onOmitted: () => watch.onOmitted(),
    onFailure: (failure) => watch.onFailure('requests', failure),
  })
}

function createGateway(base: Base): Gateway {
  const { settings, clock, ids, database, watch, upstreams, records, nowMs } = base
  const { append, keep } = records
  const { writer, pepper } = settings
  const { now } = clock
  return new Gateway({
    principals: {
      authenticate: (credential) => authenticate(database, credential, { pepper, now: now() }),
      nowMs,
      onFailure: (failure) => watch.onFailure('credential', failure),
    },
    routes: {
      load: () => loadRouting(database, now()),
      nowMs,
      onFailure: (failure) => watch.onFailure('routes', failure),
      onTargets: (urls) => upstreams.retain(urls),
      onBreaker: (change) => {
        const note = inTransaction(database, (tx) =>
          noteBreaker(tx, change, { writer, now: now() }),
        )
        note.catch((failure: unknown) => watch.onFailure('breakers', failure))
      },
    },
    guards: guardsOf(database, watch),
    admission: {
      keeper: createHoldKeeper({ database, writer, now, ids, append }),
      policy: SLAB_POLICY,
      nowMs,
      delay: (ms) => delay(ms),
      onFailure: (failure) => watch.onFailure('hold', failure),
    },
    ...limitsOf(base),
    recorder: {
      append,
      keep,
      newEventId: () => renderUuid(uuidBytes(ids)),
      now,
      onFailure: (failure) => watch.onFailure('journal', failure),
    },
    holding: {
      tell: (model, requests) =>
        inTransaction(database, (tx) => noteHeld(tx, { model, writer, requests }, now())),
      delay: (ms) => delay(ms, undefined, { ref: false }),
      onFailure: (failure) => watch.onFailure('held', failure),
      ...{ heldMs: REQUEST_HELD_MS, heldMax: REQUESTS_HELD_MAX, countedMs: HELD_TOLD_EVERY_MS },
    },
    isRecording: () => records.isRecording,
    callsMax: CALLS_MAX,
    hourUtc: () => now().getUTCHours(),
  })
}

function createContent({ settings, clock, ids, database, watch }: Base) {
  const { databaseUrl, writer, pepper } = settings
  const contentDatabase = openDatabase(databaseUrl, {
    poolMax: CONTENT_CONNECTIONS_MAX,
    applicationName: `spillway-gateway-content ${writer}`,
  })
  const keyedCalls = new KeyedCalls({
    database: contentDatabase,
    ...{ pepper, writer },
    newEventId: () => renderUuid(uuidBytes(ids)),
    now: () => clock.now(),
    onFailure: (failure) => watch.onFailure('keys', failure),
  })
  const onFailure = (failure: unknown) => watch.onFailure('content', failure)
  const policies = new PolicyTable({ load: () => listContentPolicies(database), onFailure })
  const now = () => clock.now()
  const cache = new AnswerCache({ database: contentDatabase, pepper, now, onFailure })
  const store = new ContentStore({ database: contentDatabase, pepper, now, onFailure })
  const content = new ContentServing({ policies, cache, store })
  return { contentDatabase, keyedCalls, keyed: new KeyedServing(keyedCalls), content, cache, store }
}

/** What is in the way of spending beside the balance. */
function limitsOf({
  settings,
  clock,
  ids,
  database,
  watch,
  records,
  nowMs,
}: Base): Pick<GatewayDeps, 'budgets' | 'budgetAdmission' | 'rates' | 'rateGate'> {
  const { writer } = settings
  const { append } = records
  return {
    budgets: {
      load: () => listBudgets(database),
      onFailure: (failure) => watch.onFailure('budgets', failure),
    },
    rates: {
      load: () => listRateLimits(database),
      onFailure: (failure) => watch.onFailure('rates', failure),
    },
    rateGate: {
      keeper: createRateKeeper({
        ...{ database, writer },
        onFailure: (failure) => watch.onFailure('rates', failure),
      }),
      nowMs: () => clock.now().getTime(),
      onFailure: (failure) => watch.onFailure('rates', failure),
    },
    budgetAdmission: {
      keeper: createBudgetKeeper({ database, writer, ids, append }),
      policy: BUDGET_SLAB_POLICY,
      nowMs,
      delay: (ms) => delay(ms),
      onFailure: (failure) => watch.onFailure('budgets', failure),
    },
  }
}

function measuresOf({ watch, database, clock }: Base): Measures {
  return new Measures({
    metrics: watch.metrics,
    write: (measured) => inTransaction(database, (tx) => addMeasures(tx, measured, clock.now())),
    onFailure: (failure) => watch.onFailure('measures', failure),
  })
}

function guardsOf(database: Database, watch: Watch): GatewayDeps['guards'] {
  return {
    load: () => listGuardrails(database),
    onFailure: (failure) => watch.onFailure('guardrails', failure),
  }
}

/** Progress of a request that used nothing: it can be written, and changes nothing. */
function makeProbe(ids: IdSource, now: Date): JournalRecord {
  const event = {
    id: renderUuid(uuidBytes(ids)),
    organizationId: 'none',
    projectId: 'none',
    resource: 'none',
    holdId: null,
    from: now,
    to: now,
    lines: [],
  }
  return { kind: 'progress', event }
}
