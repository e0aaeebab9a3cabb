/**
 * From the command to the first possible request: on a fresh checkout, on a fresh data folder, after an orderly stop and
 * after a kill. Then what the processes hold in memory when nothing happens, and what leases leave behind.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type BenchOptions, type BenchResult, type Figure, figureOf, median } from './run/result.ts'
import { askModel } from './start/answered-requests.ts'
import { copyCheckout } from './start/checkout.ts'
import { endLeases } from './start/ended-leases.ts'
import { gatewayOf, residentMib, sharedMib } from './start/memory.ts'
import { start, startNothing, type Start } from './start/program.ts'

interface Plan {
  readonly checkouts: number
  readonly folders: number
  readonly laterStarts: number
  /** Without any request, before memory is read for the first time; and after some work. */
  readonly idleMs: number
  readonly settleMs: number
  readonly leases: number
  readonly requests: number
}

const FULL: Plan = {
  checkouts: 3,
  folders: 5,
  laterStarts: 7,
  idleMs: 30_000,
  settleMs: 30_000,
  leases: 200,
  requests: 2000,
}
const QUICK: Plan = {
  checkouts: 1,
  folders: 1,
  laterStarts: 1,
  idleMs: 10_000,
  settleMs: 2000,
  leases: 40,
  requests: 500,
}

const ROOT = join(import.meta.dirname, '..')
const SECONDS_MAX = { kind: 'at_most', value: 15 } as const
const MIB_MAX = { kind: 'at_most', value: 200 } as const
/** Memory is read a few times, because a collection may be due at any one of them. */
const READINGS = 3

const seconds = ({ readyMs }: Start) => readyMs / 1000

class Bench {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  readonly #plan: Plan
  #folders = 0

  constructor(plan: Plan) {
    this.#plan = plan
  }

  #newFolder(): string {
    const path = join(this.#folder, String(this.#folders++))
    mkdirSync(path)
    return path
  }

  /** The first start of all also builds the console. */
  async checkouts(): Promise<number[]> {
    const taken: number[] = []
    for (let round = 0; round < this.#plan.checkouts; round++) {
      const root = join(this.#newFolder(), 'checkout')
      copyCheckout(ROOT, root)
      const server = await start({ root, dataDir: this.#newFolder() })
      taken.push(seconds(server))
      await server.end('SIGTERM')
      process.stderr.write(`first start of a checkout: ${seconds(server).toFixed(1)} s\n`)
    }
    return taken
  }

  async firstStarts(): Promise<readonly Start[]> {
    const starts: Start[] = []
    for (let round = 0; round < this.#plan.folders; round++) {
      const server = await start({ root: ROOT, dataDir: this.#newFolder() })
      await server.end('SIGTERM')
      starts.push(server)
      process.stderr.write(`first start of a data folder: ${seconds(server).toFixed(1)} s\n`)
    }
    return starts
  }

  /** After an orderly stop and after a kill by turns. Returns the last one running. */
  async laterStarts() {
    const place = { root: ROOT, dataDir: this.#newFolder() }
    let server = await start(place)
    const after: Record<'SIGTERM' | 'SIGKILL', number[]> = { SIGTERM: [], SIGKILL: [] }
    for (let round = 0; round < this.#plan.laterStarts; round++)
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        await server.end(signal)
        server = await start(place)
        after[signal].push(seconds(server))
        process.stderr.write(`start after ${signal}: ${seconds(server).toFixed(1)} s\n`)
      }
    return { after, server, dataDir: place.dataDir }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function readMemory(pid: number): Promise<number> {
  const readings: number[] = []
  for (let reading = 0; reading < READINGS; reading++) {
    readings.push(residentMib(pid))
    await pause(300)
  }
  return median(readings)
}

/** What is beside the server, apart from PostgreSQL. Linux only: elsewhere shared pages cannot be told. */
function neighbourFigures(dataDir: string): Figure[] {
  if (process.platform !== 'linux') return []
  const unit = 'MiB'
  return [
    { name: 'idle: replica of the toy, apart', unit, value: sharedMib(['replica.ts', dataDir]) },
    { name: 'idle: its shim, apart', unit, value: sharedMib(['shim.mjs', dataDir]) },
  ]
}

async function memoryFigures(server: Start, dataDir: string, plan: Plan): Promise<Figure[]> {
  const unit = 'MiB'
  const after = async (work: Promise<void>, pid: number): Promise<number> => {
    await work
    await pause(plan.settleMs)
    return readMemory(pid)
  }
  await pause(plan.idleMs)
  const gatewayPid = gatewayOf(dataDir)
  const idle = await readMemory(server.pid)
  const gateway = await readMemory(gatewayPid)
  const neighbours = neighbourFigures(dataDir)
  const once = await after(endLeases(server, plan.leases), server.pid)
  const twice = await after(endLeases(server, plan.leases), server.pid)
  const asked = await after(askModel(server, plan.requests), gatewayPid)
  return [
    { name: 'idle: server process', unit, value: idle, target: MIB_MAX },
    { name: 'idle: gateway process', unit, value: gateway, target: MIB_MAX },
    ...neighbours,
    { name: `server: growth over ${plan.leases} ended leases`, unit, value: once - idle },
    { name: `server: growth over ${plan.leases} more`, unit, value: twice - once },
    { name: 'server: idle after all of them', unit, value: twice, target: MIB_MAX },
    { name: `gateway: idle after ${plan.requests} requests`, unit, value: asked, target: MIB_MAX },
  ]
}

/** Medians of what the first starts say of their own steps. */
function stepFigures(starts: readonly Start[]): Figure[] {
  const names = [...(starts[0]?.steps.keys() ?? [])]
  return names.map((name) =>
    figureOf(
      { name: `of a first start: ${name}`, unit: 's' },
      starts.map(({ steps }) => steps.get(name) ?? 0),
    ),
  )
}

/** The benchmark. */
export default async function bench({ quick }: BenchOptions): Promise<BenchResult> {
  const plan = quick ? QUICK : FULL
  const load = loadavg()[0] ?? 0
  const stand = new Bench(plan)
  try {
    const checkouts = await stand.checkouts()
    const first = await stand.firstStarts()
    const { after, server, dataDir } = await stand.laterStarts()
    const memory = await memoryFigures(server, dataDir, plan)
    await server.end('SIGTERM')
    const nothing = [await startNothing(), await startNothing(), await startNothing()]
    const unit = 's'
    const ready = (name: string) => ({ name: `ready: ${name}`, unit, target: SECONDS_MAX })
    return {
      title: 'Start: from the command to the first possible request, and memory when idle',
      figures: [
        figureOf(ready('first start of a checkout, console built'), checkouts),
        figureOf(ready('first start of a data folder'), first.map(seconds)),
        figureOf(ready('after an orderly stop'), after.SIGTERM),
        figureOf(ready('after a kill, PostgreSQL adopted'), after.SIGKILL),
        ...stepFigures(first),
        figureOf({ name: 'a Node that does nothing', unit: 'ms' }, nothing),
        ...memory,
      ],
      notes: [
        'Ready means that the address is printed and the toy model answers. Memory is resident, PostgreSQL apart.',
        `Idle: ${plan.idleMs / 1000} s without a request.`,
        `The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
      ],
    }
  } finally {
    stand.close()
  }
}
