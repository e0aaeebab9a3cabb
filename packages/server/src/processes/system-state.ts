/** What the installation says of itself: state for the API, readiness, metrics. */
import { sql } from 'kysely'
import { listOpenClaims } from '#modules/book/index.ts'
import { listNodes } from '#modules/fleet/index.ts'
import { reconciliationLines } from '#modules/upkeep/index.ts'
import type { Database } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import type { GatewayChild } from './gateway-child.ts'
import { VERSION } from './version.ts'

export interface SystemDeps {
  readonly database: Database
  readonly gateway: () => GatewayChild | null
  readonly installation: string
  readonly finding: string
  readonly wallNowMs: () => number
  readonly now: () => Date
  readonly backlogEvents: () => number
  readonly isController: () => boolean
  /** Exposition lines of the gateway, as it last told them. */
  readonly gatewayMetrics: () => string
}

async function isDatabaseReady(database: Database): Promise<boolean> {
  return sql`SELECT 1`.execute(database).then(
    () => true,
    () => false,
  )
}

function faultOf(gateway: GatewayChild | null): string | null {
  return gateway === null ? 'The gateway is not started yet.' : gateway.fault()
}

/** What is missing before the installation can serve; null when nothing is. */
export async function unreadiness(deps: SystemDeps): Promise<string | null> {
  if (!(await isDatabaseReady(deps.database))) return 'The database is not available.'
  const gatewayFault = faultOf(deps.gateway())
  if (gatewayFault !== null) return gatewayFault
  if (!deps.isController()) return 'Another server is the active controller.'
  return null
}

export function systemRoutes(deps: SystemDeps): Pick<Routes, 'getSystem'> {
  return {
    getSystem: async ({ now }) => ({
      version: VERSION,
      installation: deps.installation,
      now: now.toISOString(),
      clockOffsetMs: now.getTime() - deps.wallNowMs(),
      database: (await isDatabaseReady(deps.database))
        ? ('ready' as const)
        : ('unavailable' as const),
      gateway: faultOf(deps.gateway()) === null ? ('ready' as const) : ('unavailable' as const),
      finding: deps.finding,
      meterBacklogEvents: Math.ceil(deps.backlogEvents()),
    }),
  }
}

async function slotLines(database: Database): Promise<string[]> {
  const nodes = await listNodes(database)
  const total = nodes.reduce((sum, node) => sum + node.slotCount, 0)
  const byKind = new Map<string, number>()
  for (const claim of await listOpenClaims(database)) {
    const kind = claim.drainingFrom === null ? claim.kind : 'draining'
    byKind.set(kind, (byKind.get(kind) ?? 0) + claim.slots.length)
  }
  const taken = [...byKind.values()].reduce((sum, count) => sum + count, 0)
  return [
    '# HELP spillway_slots Slots by what claims them now.',
    '# TYPE spillway_slots gauge',
    ...[...byKind, ['free', total - taken] as const].map(
      ([kind, count]) => `spillway_slots{kind="${kind}"} ${count}`,
    ),
  ]
}

/** Everything in the Prometheus text format. */
export async function renderMetrics(deps: SystemDeps): Promise<string> {
  const memory = process.memoryUsage()
  const lines = [
    '# HELP spillway_server_resident_bytes Memory of the server process.',
    '# TYPE spillway_server_resident_bytes gauge',
    `spillway_server_resident_bytes ${memory.rss}`,
    '# HELP spillway_meter_backlog_events Journalled events that are not yet in the ledger.',
    '# TYPE spillway_meter_backlog_events gauge',
    `spillway_meter_backlog_events ${deps.backlogEvents()}`,
    ...(await slotLines(deps.database).catch(() => [])),
    ...(await reconciliationLines(deps.database, deps.now()).catch(() => [])),
    deps.gatewayMetrics(),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}
