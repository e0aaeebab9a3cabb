/** A gateway's life: listens, keeps its memory current, and ends in order. */
import type { Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Dedicated } from '#platform/db/dedicated-connection.ts'
import { listen } from '#platform/db/listen.ts'
import {
  CONTENT_LOOK_EVERY_MS,
  GATEWAY_DRAIN_MS,
  HELD_TOLD_EVERY_MS,
  MODEL_MEASURE_TOLD_EVERY_MS,
  REQUEST_LINES_EVERY_MS,
} from '../../limits.ts'
import { LoadWatch } from './load-watch.ts'
import type { EndReason, Parent } from './parent.ts'
import { assemble, type Parts } from './parts.ts'
import { createGatewayServer } from './server.ts'
import type { GatewaySettings } from './settings.ts'

export type Ending = 'stopped' | 'port_taken' | 'defect'

const PROGRESS_EVERY_MS = 500
const CLOCK_EVERY_MS = 1000
const METRICS_EVERY_MS = 2000
/** How often replicas are asked how busy they are, where a route goes by it. */
const LOADS_EVERY_MS = 1000
/** Slots of requests at once that were idle for so long go back. */
const RATES_EVERY_MS = 1000
const SLABS_EVERY_MS = 5000
const SLAB_IDLE_MS = 30_000
/** Prices, routes, guardrails and limits are read again even when nobody says that they changed. */
const TABLES_EVERY_MS = 15_000
/** How long first tables of them are waited for before the port opens without them. */
const FIRST_TABLES_MS = 2000
/** Without a parent nobody waits: streams may take longer to finish. */
const ORPHAN_DRAIN_MS = 30_000
/** What is kept of the time to stop for records, holds and the last bytes. */
const CLOSING_MS = 1500

/** What the database tells of changes. */
const CHANNELS = [
  ...['spillway_api_key', 'spillway_route', 'spillway_guardrail'],
  ...['spillway_budget', 'spillway_rate_limit', 'spillway_content', 'spillway_batch'],
]

const tablesOf = ({ gateway: { routes, guards, budgets, rates }, content }: Parts) => [
  ...[routes, guards, budgets, rates],
  content.policies,
]

/** Runs until it is asked to end or its parent is gone. Throws when it cannot start. */
export async function runGateway(settings: GatewaySettings, parent: Parent): Promise<Ending> {
  const parts = await assemble(settings, parent)
  const server = createGatewayServer(parts)
  const listener = followChanges(parts)
  const timers = startTimers(parts, parent)
  const tables = tablesOf(parts).map((table) => table.refresh())
  await Promise.race([Promise.all(tables), delay(FIRST_TABLES_MS), parent.end])
  const started = await startListening(server, settings)
  if (started.kind === 'listening') {
    void parent.tell({ type: 'ready', port: started.port })
    parts.log.info({ port: started.port, writer: settings.writer }, 'the gateway listens')
    await drain(server, parts, await parent.end)
  } else {
    await parent.tell({ type: 'port_taken', port: settings.port, code: started.code })
  }
  for (const timer of timers) clearInterval(timer)
  await Promise.race([close(parts, listener), delay(CLOSING_MS)])
  if (started.kind === 'taken') return 'port_taken'
  return (await parent.end) === 'defect' ? 'defect' : 'stopped'
}

type Started =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'taken'; readonly code: string }

function startListening(
  server: Server,
  { port, isPortShared = false }: GatewaySettings,
): Promise<Started> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const { code } = error
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve({ kind: 'taken', code })
      else reject(error)
    })
    server.listen({ port, host: '127.0.0.1', reusePort: isPortShared }, () => {
      const address = server.address()
      resolve({
        kind: 'listening',
        port: typeof address === 'object' && address ? address.port : port,
      })
    })
  })
}

/** What is in memory follows the database's notices; after a gap it is all looked at again. */
function followChanges(parts: Parts): Dedicated {
  const { settings, gateway, content, batches } = parts
  return listen(settings.databaseUrl, CHANNELS, {
    notified: (channel, payload) => {
      if (channel === 'spillway_api_key') gateway.principals.forget(payload)
      else if (channel === 'spillway_guardrail') void gateway.guards.refresh()
      else if (channel === 'spillway_budget') void gateway.budgets.refresh()
      else if (channel === 'spillway_rate_limit') void gateway.rates.refresh()
      else if (channel === 'spillway_content') void content.policies.refresh()
      else if (channel === 'spillway_batch') batches.poke()
      else void gateway.routes.refresh()
    },
    connected: () => {
      gateway.principals.setDeaf(false)
      for (const table of tablesOf(parts)) void table.refresh()
      batches.poke()
    },
    lost: () => gateway.principals.setDeaf(true),
  })
}

function startTimers(parts: Parts, parent: Parent): NodeJS.Timeout[] {
  const { gateway, clock, nowMs, watch, records, batches, measures } = parts
  const report = () => {
    watch.metrics.set('spillway_gateway_calls', gateway.calls)
    watch.metrics.set('spillway_gateway_held', gateway.holding.size)
    watch.metrics.set('spillway_gateway_breakers_open', gateway.routes.brokenServers().length)
    watch.metrics.set('spillway_gateway_batch_lines', batches.size)
    watch.metrics.set('spillway_gateway_slabs', gateway.admission.openSlabs())
    watch.metrics.set('spillway_gateway_journal_backlog_bytes', records.backlogBytes())
    void parent.tell({
      type: 'metrics',
      text: watch.metrics.render(),
      apiKeysUsed: watch.takeUsedKeys(),
    })
  }
  const closeIdle = () => {
    for (const admission of [gateway.admission, gateway.budgetAdmission])
      void admission.closeIdle(nowMs() - SLAB_IDLE_MS).catch((failure: unknown) => {
        watch.onFailure('journal', failure)
      })
  }
  const loads = new LoadWatch({ gateway, nowMs, wants: batches.wants })
  return [
    setInterval(() => void loads.look().then(() => batches.tick()), LOADS_EVERY_MS),
    setInterval(() => gateway.progress.tick(), PROGRESS_EVERY_MS),
    setInterval(() => clock.tick(), CLOCK_EVERY_MS),
    setInterval(report, METRICS_EVERY_MS),
    setInterval(() => gateway.holding.remind(), HELD_TOLD_EVERY_MS),
    setInterval(closeIdle, SLABS_EVERY_MS),
    setInterval(() => void measures.tell(), MODEL_MEASURE_TOLD_EVERY_MS),
    setInterval(() => void parts.sights?.flush(), REQUEST_LINES_EVERY_MS),
    setInterval(() => {
      for (const table of tablesOf(parts)) void table.refresh()
    }, TABLES_EVERY_MS),
    setInterval(() => gateway.rateGate.tick(), RATES_EVERY_MS),
    setInterval(() => {
      void parts.keyedCalls.tick()
      void parts.cache.tick()
      void parts.store.tick()
    }, CONTENT_LOOK_EVERY_MS),
  ]
}

/** The port is free at once; what runs may finish for a while, and is then cut off, recorded as far as it came. */
async function drain(
  server: Server,
  { gateway, keyed, log, nowMs, batches }: Parts,
  reason: EndReason,
): Promise<void> {
  const drainMs = reason === 'parent_gone' ? ORPHAN_DRAIN_MS : GATEWAY_DRAIN_MS - 2 * CLOSING_MS
  const deadlineMs = nowMs() + drainMs
  log.info({ reason, calls: gateway.calls }, 'the gateway stops')
  gateway.stop()
  const letGo = batches.stop()
  const closed = new Promise((resolve) => server.close(resolve))
  while (gateway.calls > 0 && nowMs() < deadlineMs) {
    server.closeIdleConnections()
    await delay(10)
  }
  keyed.abandon()
  // Lines that are given back are somebody else's at once, and in half a minute otherwise.
  await Promise.race([letGo, delay(CLOSING_MS / 5)])
  // The last bytes of answers get a moment; connections that were only relayed have no claim to more.
  await Promise.race([closed, delay(CLOSING_MS / 5)])
  server.closeAllConnections()
  await Promise.race([closed, delay(CLOSING_MS / 5)])
}

/** Nothing here stops the end: what cannot be given back now is given back once this process is known to be dead. */
async function close(parts: Parts, listener: Dedicated): Promise<void> {
  const { gateway, records, upstreams, apiRelay, database, contentDatabase, watch, measures } =
    parts
  const { sights, telemetry } = parts
  const told = telemetry?.close(CLOSING_MS)
  const closeAll = () =>
    Promise.all(
      [gateway.admission, gateway.budgetAdmission].map((each) => each.closeIdle(Infinity)),
    )
  const flush = () => sights?.flush() ?? Promise.resolve()
  for (const end of [closeAll, () => records.close(), () => measures.tell(), flush])
    await end().catch((failure: unknown) => watch.onFailure('journal', failure))
  await Promise.allSettled([
    told,
    listener.close(),
    upstreams.destroy(),
    apiRelay.destroy(),
    database.destroy(),
    contentDatabase.destroy(),
  ])
}
