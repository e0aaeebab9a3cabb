/** The composition root: puts the parts of one running installation together, in the order in which they depend. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { newId } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { recordAuditEvent } from '#modules/audit/index.ts'
import { replicasAtFirst } from '#modules/fleet/index.ts'
import { authenticate, touchApiKeys } from '#modules/identity/index.ts'
import { listOpenLeases } from '#modules/lease/index.ts'
import { createShipper } from '#modules/metering/index.ts'
import { listDeployments, listReplicas, SERVES_TEXT } from '#modules/serving/index.ts'
import type { Engines } from '#platform/engines/engine.ts'
import type { PresentedCredential } from '#platform/http/bind.ts'
import { findServers, listsModels } from '#platform/models/discovery.ts'
import type { Config } from '../config.ts'
import { CONTROLLER_WITHIN_MS, MODELS_WITHIN_MS } from '../limits.ts'
import { act, type Acting } from './acting.ts'
import { startApiServer } from './api-server.ts'
import { createApi } from './api.ts'
import { ensureConsole, explainMissingConsole, serveConsole } from './console-assets.ts'
import type { ControllerDeps } from './controller.ts'
import { createEnginesOf } from './engines-start.ts'
import { EventBell } from './event-stream.ts'
import { ensurePeople, type People } from './first-people.ts'
import {
  type FleetStart,
  loadFleetFile,
  startFleet,
  type SurveyedFleet,
  surveyMachine,
} from './fleet-start.ts'
import type { GatewayChild } from './gateway-child.ts'
import { keepGateways } from './gateways.ts'
import { type Ground, layGround } from './ground.ts'
import type { Progress } from './progress.ts'
import { createLeaseProxy } from './proxy/lease-proxy.ts'
import { assembleRoutes } from './routes.ts'
import { readCredentials, writeCredentials } from './secrets.ts'
import { assembleServing } from './serving-parts.ts'
import { assembleSetAside } from './set-aside.ts'
import { createSignInDesk, type SignInDesk } from './sign-in-codes.ts'
import { renderMetrics, type SystemDeps, unreadiness } from './system-state.ts'
import { openWriters, type Writers } from './writers.ts'

export interface InstallationOptions {
  readonly config: Config
  /** The repository's folder. */
  readonly root: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly progress: Progress
}

export interface Installation {
  readonly url: string
  /** Signs the console in as the operator, once. */
  readonly signInUrl: string
  readonly finding: string
  readonly stop: () => Promise<void>
}

/** Everything that is known once the database is there, and before anything acts. */
interface Base extends InstallationOptions {
  readonly ground: Ground
  readonly engines: Engines
  readonly surveyed: SurveyedFleet
  readonly people: People
  readonly fleetStart: FleetStart
  readonly codes: SignInDesk
  readonly writers: Writers
  readonly bell: EventBell
}

/** The fleet file against the machine: what is wrong with it is said before anything is started or changed. */
async function survey({ config, environment }: InstallationOptions) {
  const file = loadFleetFile(config.fleetFile)
  const engines = createEnginesOf(file.fleet, { dataDir: config.dataDir, environment })
  return { engines, surveyed: await surveyMachine(config.fleetFile, file, engines) }
}

async function prepare(
  options: InstallationOptions,
  { engines, surveyed }: Pick<Base, 'engines' | 'surveyed'>,
  ground: Ground,
): Promise<Base> {
  const { config, progress } = options
  const step = progress.begin('Fleet')
  const people = await ensurePeople({
    ...ground,
    demoCreditUsd: money(surveyed.fleet.demo.creditUsd),
    known: readCredentials(config.dataDir),
  })
  const fleetStart = await startFleet(surveyed, ground)
  step.done(fleetStart.finding)
  for (const warning of fleetStart.warnings) progress.say(`  ! ${warning}`)
  for (const { pool, text } of surveyed.unanswered)
    progress.say(`  ! The engine of ${pool} does not answer (${text}); its pool waits for it.`)
  for (const node of fleetStart.kept)
    progress.say(
      `  ! ${node} keeps its slots for now: they are in use. Start again when it is free.`,
    )
  return {
    ...options,
    ground,
    engines,
    surveyed,
    people,
    fleetStart,
    codes: createSignInDesk(),
    writers: openWriters(join(config.dataDir, 'gateways')),
    bell: new EventBell(),
  }
}

/** What changes while it runs. */
class Running {
  gateway: GatewayChild | null = null
  acting: Acting | null = null
  gatewayMetrics = ''
  backlogEvents: () => number = () => 0
}

function systemOf({ ground, surveyed, fleetStart }: Base, running: Running): SystemDeps {
  return {
    database: ground.database,
    now: ground.now,
    wallNowMs: Date.now,
    installation: surveyed.fleet.installation,
    finding: fleetStart.finding,
    gateway: () => running.gateway,
    isController: () => running.acting?.isActing() ?? false,
    gatewayMetrics: () => running.gatewayMetrics,
    backlogEvents: () => running.backlogEvents(),
  }
}

type AnswerConsole = ReturnType<typeof serveConsole>

/** Serves the API on a loopback port of its own, which only the gateway is told. */
async function serveApi(base: Base, running: Running, answerConsole: AnswerConsole) {
  const { ground, config, engines, codes, bell } = base
  const { database, ids, pepper, now, log } = ground
  const system = systemOf(base, running)
  const ownPorts = () => (running.gateway ? [config.port] : [])
  const routes = assembleRoutes({
    ...{ database, engines, ids, pepper, codes, bell, system },
    fleetFile: config.fleetFile,
    isPrivateAllowed: base.surveyed.fleet.webhooks.allowPrivate,
    isTransferPosted: base.surveyed.fleet.books.postTransfer,
    upstreams: { discover: () => findServers({ exclude: ownPorts() }), probe: listsModels },
  })
  const known = (credential: PresentedCredential) =>
    authenticate(database, credential, { pepper, now: now() })
  const app = createApi({
    ...{ database, ids, pepper, now, log, routes, answerConsole },
    authenticate: known,
    audit: recordAuditEvent,
    unreadiness: () => unreadiness(system),
    renderMetrics: () => renderMetrics(system),
  })
  const { publicUrl } = config
  const proxy = createLeaseProxy({
    ...{ database, engines, ids, now, log, publicUrl },
    authenticate: known,
  })
  return startApiServer(app, proxy)
}

function startGateway(base: Base, running: Running, apiPort: number): GatewayChild {
  const { ground, config, environment, writers } = base
  const { log, database, now } = ground
  const gateway = keepGateways(config.gateways, {
    environment,
    newWriter: () => newId('session', ground.ids),
    onStarted: writers.enter,
    onDied: (how, retryInMs) => log.error({ how, retryInMs }, 'the gateway died; starting another'),
    settings: (writer) => ({
      databaseUrl: ground.server.url,
      port: config.port,
      trustedProxies: [...config.trustedProxies],
      isLoggingRequests: config.isLoggingRequests,
      otel: config.otel,
      api: { url: `http://127.0.0.1:${apiPort}` },
      journalDirectory: join(config.dataDir, 'journal'),
      writer,
      pepper: ground.pepper,
      dataDir: config.dataDir,
      logLevel: config.logLevel,
    }),
    onMessage: (message) => {
      if (message.type === 'metrics') {
        running.gatewayMetrics = message.text
        touchApiKeys(database, message.apiKeysUsed, now()).catch((cause: unknown) => {
          log.warn({ err: cause }, 'cannot note which keys were used')
        })
      }
    },
  })
  running.gateway = gateway
  return gateway
}

function sayWhatGoesOn({ progress }: Base): ControllerDeps['onResumed'] {
  return (leases) => {
    if (leases === 1) progress.say('  · 1 lease from before goes on')
    if (leases > 1) progress.say(`  · ${leases} leases from before go on`)
  }
}

/** Acts while this process holds the controller lock. */
function control(base: Base, running: Running): Acting {
  const { ground, engines, config, root, surveyed, people, writers, bell } = base
  const { fleet } = surveyed
  const serving = assembleServing({
    ground,
    config,
    root,
    fleet,
    operator: people.operator,
    engines,
  })
  const directory = join(config.dataDir, 'journal')
  const shipper = createShipper({
    ...ground,
    directory,
    isWriterAlive: writers.isAlive,
    aside: assembleSetAside(ground.now),
  })
  const isPrivateAllowed = fleet.webhooks.allowPrivate
  const isTransferPosted = fleet.books.postTransfer
  const declared = new Map(
    fleet.sites.flatMap((site) => site.pools).map((pool) => [pool.name, pool]),
  )
  const onResumed = sayWhatGoesOn(base)
  const controller = {
    ...ground,
    engines,
    serving,
    declared,
    isPrivateAllowed,
    isTransferPosted,
    onResumed,
  }
  const acting = act({ ground, shipper, bell, controller })
  running.acting = acting
  running.backlogEvents = () => shipper.backlogEvents()
  return acting
}

/** What must be ended again, last first. */
type Undo = (() => Promise<unknown>)[]

/** What cannot be ended in order does not keep the rest from being ended. Throws the first failure at the end. */
async function endAll(undo: Undo): Promise<void> {
  const failures: unknown[] = []
  for (const end of undo.toReversed())
    await end().catch((failure: unknown) => void failures.push(failure))
  if (failures.length > 0) throw failures[0]
}

/** With a database that several servers share, another one may be acting; then this one serves and waits its turn. */
async function sayWhoActs({ progress, config }: Base): Promise<void> {
  await pause(CONTROLLER_WITHIN_MS, undefined, { ref: false })
  if (config.databaseUrl !== null)
    progress.say(
      '  ! Another server on this database is the active controller; this one waits its turn.',
    )
}

/** Model servers that run here already and are not in the catalog are offered, never added unasked. */
async function offerServers(
  { progress, ground }: Base,
  found: Awaited<ReturnType<typeof findServers>>,
) {
  const routes = await listDeployments(ground.database)
  const isNew = (url: string) => routes.every((each) => each.upstreamUrl !== url)
  for (const { url, product, models } of found.filter((each) => isNew(each.url))) {
    const [first] = models
    if (first === undefined) continue
    progress.say(
      `  ? ${product} answers at ${url} with ${models.length} models. To sell one of them:`,
    )
    progress.say(
      `      npx spillway deployment add ${first} --upstream ${url} --upstream-model ${first}`,
    )
  }
}

/** Each replica's model, words and state; one from before the last stop does not count as ready. */
async function lookAtReplicas({ database }: Ground) {
  const open = new Set((await listOpenLeases(database)).map((lease) => lease.id))
  const deployments = await listDeployments(database)
  return (await listReplicas(database)).map(({ deploymentId, leaseId, state, text }) => ({
    model: deployments.find((each) => each.id === deploymentId)?.model ?? '',
    text,
    isReady: state === 'ready' && open.has(leaseId ?? ''),
    isWaiting: state === 'starting' || (state === 'ready' && !open.has(leaseId ?? '')),
  }))
}

/** Gives the models a moment to come up, because they are what people try first; it does not wait for downloads. */
async function awaitModels({ progress, ground, surveyed }: Base): Promise<void> {
  const wanted = surveyed.fleet.models.reduce((sum, model) => sum + replicasAtFirst(model), 0)
  if (wanted === 0) return
  const step = progress.begin(surveyed.fleet.models.length === 1 ? 'Model' : 'Models')
  const deadlineMs = ground.now().getTime() + MODELS_WITHIN_MS
  for (;;) {
    const replicas = await lookAtReplicas(ground)
    const waiting = replicas.find((each) => each.isWaiting)
    const isOver = ground.now().getTime() > deadlineMs
    if (isOver || (replicas.length >= wanted && !waiting)) {
      const ready = new Set(replicas.filter((each) => each.isReady).map((each) => each.model))
      step.done(ready.size === 0 ? 'none is ready yet' : [...ready].join(', '))
      for (const { model, text } of replicas.filter((each) => each.text !== SERVES_TEXT))
        progress.say(`  ! ${model}: ${text}`)
      return
    }
    step.note(waiting ? `${waiting.model}: ${waiting.text}` : '…')
    await pause(50)
  }
}

async function startParts(
  options: InstallationOptions,
  undo: Undo,
): Promise<Omit<Installation, 'stop'>> {
  const { config, root, progress } = options
  const known = await survey(options)
  const consoleBuilt: Promise<AnswerConsole> = ensureConsole(root).then(
    serveConsole,
    (error: Error) => explainMissingConsole(error.message),
  )
  const found = findServers({ exclude: [config.port] })
  const ground = await layGround(config, progress)
  undo.push(ground.end)
  const base = await prepare(options, known, ground)
  const running = new Running()
  const consoleStep = progress.begin('Console')
  const api = await serveApi(base, running, await consoleBuilt)
  undo.push(api.close)
  consoleStep.done()
  const gatewayStep = progress.begin('API and gateway')
  const gateway = startGateway(base, running, api.port)
  // The gateway ends first, so that what it journals last is still shipped.
  undo.push(async () => running.acting?.stop(), gateway.stop)
  const url = `http://127.0.0.1:${await gateway.ready}`
  const acting = control(base, running)
  gatewayStep.done()
  await Promise.race([acting.began, sayWhoActs(base)])
  await awaitModels(base)
  await offerServers(base, await found)
  const { operator, operatorToken, demoApiKey } = base.people
  writeCredentials(config.dataDir, { url, operator_token: operatorToken, demo_api_key: demoApiKey })
  const signInUrl = `${url}/#code=${base.codes.issue(operator, ground.now())}`
  return { url, signInUrl, finding: base.fleetStart.finding }
}

/**
 * Starts everything. Throws a `StartFailure` or a `StartRefused`, each with a sentence that says what to do; what had
 * been started is ended again.
 */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const undo: Undo = []
  try {
    return { ...(await startParts(options, undo)), stop: () => endAll(undo) }
  } catch (error) {
    await endAll(undo).catch(() => undefined /* Why it could not start matters more. */)
    throw error
  }
}
