/** What people do with simulations: ask for one, look, cancel. Nothing is simulated here. */
import { gunzipSync } from 'node:zlib'
import type { Tier } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import {
  findPool,
  type FleetPool,
  listNodes,
  listPools,
  listSites,
  policyOf,
  readFleetFile,
} from '#modules/fleet/index.ts'
import { getGpuPrice } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import {
  SIMULATION_TRACE_BYTES_MAX,
  SIMULATION_TRACE_JOBS_MAX,
  SIMULATIONS_OPEN_MAX,
} from '../../limits.ts'
import { makePlan, type PlannedPool, type PlannedTrace } from './plan.ts'
import { readScenario, type Scenario, type ScenarioFault } from './scenario.ts'
import * as store from './store.ts'
import { readTrace, unplaceable } from './workload/trace.ts'

export const SIMULATION_PROGRAM = 'simulation'

export interface Asked {
  readonly organizationId: string
  readonly scenario: string
  readonly fleet?: string | undefined
  readonly trace?: string | undefined
  readonly now: Date
}

/** Each fault at its value, which is named by its path within the scenario. */
function refusedAt(faults: readonly ScenarioFault[]): Fault {
  return new Fault('simulation.scenario_refused', faults.map(({ text }) => text).join('\n'), {
    fields: faults.map(({ path, message }) => ({
      field: path === '' ? 'body.scenario' : `body.scenario.${path}`,
      message,
    })),
  })
}

/** What is wrong with a pool or a file that the scenario names. */
function refused(path: 'fleet' | 'trace' | 'pool', faults: readonly string[]): Fault {
  return refusedAt(faults.map((text) => ({ path, message: text, text })))
}

type SiteOfFile = Extract<
  ReturnType<typeof readFleetFile>,
  { kind: 'read' }
>['fleet']['sites'][number]

function plannedPool(site: SiteOfFile, pool: FleetPool): PlannedPool {
  const { spot, on_demand: onDemand, flex } = pool.priceUsdPerGpuHour
  const sizes =
    pool.engine === 'simulated'
      ? Array.from({ length: pool.simulated.nodes }, () => pool.simulated.slotsPerNode)
      : []
  return {
    ...{ name: pool.name, sizes, reclaim: policyOf(pool), spotUsdPerGpuHour: spot },
    ...{ onDemandUsdPerGpuHour: onDemand, flexUsdPerGpuHour: flex },
    ...pool.cost,
    powerKwPerGpu: pool.power.kwPerGpu,
    idlePowerFraction: pool.power.idleFraction,
    ...{ pue: site.pue, powerUsdPerKwh: site.powerUsdPerKwh },
  }
}

/** Pools of a fleet file that comes with the scenario; the first one where none is named. */
function poolsOfFile(text: string, names: readonly string[]): readonly PlannedPool[] {
  const outcome = readFleetFile(text)
  if (outcome.kind === 'refused')
    throw refused(
      'fleet',
      outcome.faults.map(
        ({ line, message }) => `fleet${line === null ? '' : `, line ${line}`}: ${message}`,
      ),
    )
  const pools = outcome.fleet.sites.flatMap((site) => site.pools.map((pool) => ({ site, pool })))
  const known = pools.map(({ pool }) => pool.name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw refused(
      'pool',
      unknown.map((name) => `pool: the fleet has no pool \`${name}\`; it has: ${known.join(', ')}`),
    )
  const wanted = names.length === 0 ? pools.slice(0, 1) : pools
  return wanted
    .filter(({ pool }) => names.length === 0 || names.includes(pool.name))
    .map(({ site, pool }) => plannedPool(site, pool))
}

/** A pool of this installation, as it is now. */
async function ownPool(db: Db, name: string | undefined, now: Date): Promise<PlannedPool> {
  const pool = name === undefined ? (await listPools(db))[0] : await findPool(db, name)
  if (!pool) throw refused('pool', [`pool: this installation has no pool \`${name ?? ''}\``])
  const site = (await listSites(db)).find((each) => each.name === pool.site)
  // List prices are kept per GPU-hour.
  const priceOf = async (tier: Tier) =>
    renderMoney((await getGpuPrice(db, { pool: pool.name, tier, at: now })).price.amount)
  const { residualFraction, lifeYears, powerKwPerGpu, idlePowerFraction, reclaim } = pool
  return {
    ...{ name: pool.name, residualFraction, lifeYears, powerKwPerGpu, idlePowerFraction, reclaim },
    sizes: (await listNodes(db, pool.name)).map(({ slotCount }) => slotCount),
    spotUsdPerGpuHour: await priceOf('spot'),
    onDemandUsdPerGpuHour: await priceOf('on_demand'),
    flexUsdPerGpuHour: await priceOf('flex'),
    capexUsdPerGpu: renderMoney(pool.capexUsdPerGpu),
    opexUsdPerGpuHour: renderMoney(pool.opexUsdPerGpuHour),
    pue: site?.pue ?? 1,
    powerUsdPerKwh: renderMoney(site?.powerUsdPerKwh ?? (0n as typeof pool.opexUsdPerGpuHour)),
  }
}

async function ownPools(
  db: Db,
  names: readonly string[],
  now: Date,
): Promise<readonly PlannedPool[]> {
  if (names.length === 0) return [await ownPool(db, undefined, now)]
  const pools: PlannedPool[] = []
  for (const name of names) pools.push(await ownPool(db, name, now))
  return pools
}

function unpack(trace: string): string {
  try {
    const bytes = Buffer.from(trace, 'base64')
    return gunzipSync(bytes, { maxOutputLength: SIMULATION_TRACE_BYTES_MAX }).toString('utf8')
  } catch (cause) {
    const why = cause instanceof RangeError ? 'is too long' : 'is not gzipped text in base64'
    throw refused('trace', [`trace: it ${why}`])
  }
}

interface ReadTrace {
  readonly trace: PlannedTrace
  readonly notes: readonly string[]
}

function readPlannedTrace(
  packed: string,
  { sizes, scenario }: { readonly sizes: readonly number[]; readonly scenario: Scenario },
): ReadTrace {
  const arePartsRefused = scenario.partOfGpu === 'refuse'
  const reading = readTrace(unpack(packed), { nodeGpus: Math.max(1, ...sizes), arePartsRefused })
  if (reading.kind === 'refused')
    throw refused(
      'trace',
      reading.faults.map((fault) => `trace, ${fault}`),
    )
  const impossible = new Set(unplaceable(reading.jobs, sizes))
  const jobs = reading.jobs.filter((job) => !impossible.has(job))
  if (jobs.length > SIMULATION_TRACE_JOBS_MAX)
    throw refused('trace', [
      `trace: it has ${jobs.length} jobs; at most ${SIMULATION_TRACE_JOBS_MAX}`,
    ])
  const notes =
    impossible.size === 0
      ? reading.notes
      : [...reading.notes, `${impossible.size} jobs are larger than the pool and are left out`]
  return { trace: { jobs, organizations: reading.organizations }, notes }
}

/** The text of each file that the scenario names must have come with it, and no other. */
function checkFiles(scenario: Scenario, asked: Asked): void {
  for (const file of ['fleet', 'trace'] as const) {
    if (scenario[file] !== undefined && asked[file] === undefined)
      throw refused(file, [
        `${file}: the text of \`${scenario[file]}\` did not come with the scenario`,
      ])
    if (scenario[file] === undefined && asked[file] !== undefined)
      throw refused(file, [`${file}: a ${file} came with the scenario, which names none`])
  }
}

export async function createSimulation(
  tx: Db,
  asked: Asked,
  ids: IdSource,
): Promise<store.SimulationFull> {
  const { organizationId, now } = asked
  const reading = readScenario(asked.scenario)
  if (reading.kind === 'refused') throw refusedAt(reading.faults)
  const { scenario } = reading
  checkFiles(scenario, asked)
  const names = scenario.pools ?? (scenario.pool === undefined ? [] : [scenario.pool])
  const start =
    asked.fleet === undefined ? await ownPools(tx, names, now) : poolsOfFile(asked.fleet, names)
  const nodes = scenario.nodes
  const sizes = nodes
    ? Array.from({ length: nodes.count }, () => nodes.gpusPerNode)
    : (start[0]?.sizes ?? [])
  const traced =
    asked.trace === undefined ? null : readPlannedTrace(asked.trace, { sizes, scenario })
  const planning = makePlan(scenario, start, traced?.trace ?? null)
  if (planning.kind === 'refused') throw refusedAt(planning.faults)
  if ((await store.countOpen(tx, organizationId)) >= SIMULATIONS_OPEN_MAX)
    throw new Fault(
      'simulation.limit_reached',
      `At most ${SIMULATIONS_OPEN_MAX} simulations wait or run at once, and they do.`,
    )
  const id = newId('simulation', ids)
  await store.insertSimulation(tx, {
    ...{ id, organizationId, name: scenario.name, scenario: asked.scenario },
    ...{ plan: planning.plan, notes: traced?.notes ?? [], createdAt: now },
  })
  await wakeStrand(tx, { program: SIMULATION_PROGRAM, subject: id }, now)
  return getSimulation(tx, { id, organizationId })
}

interface Named {
  readonly id: string
  readonly organizationId: string
}

export async function getSimulation(
  db: Db,
  { id, organizationId }: Named,
): Promise<store.SimulationFull> {
  const found = await store.findSimulation(db, id)
  if (found?.organizationId === organizationId) return found
  throw new Fault('simulation.not_found', `There is no simulation ${id}.`)
}

export async function cancelSimulation(
  tx: Db,
  { now, ...named }: Named & { readonly now: Date },
): Promise<store.SimulationFull> {
  const { id, state } = await getSimulation(tx, named)
  const isCancelled = await store.advanceSimulation(tx, id, { state: 'cancelled', endedAt: now })
  if (!isCancelled) throw new Fault('simulation.over', `The simulation is ${state} already.`)
  await wakeStrand(tx, { program: SIMULATION_PROGRAM, subject: id }, now)
  return getSimulation(tx, named)
}
