/** What the gateway benchmark stands on: PostgreSQL in a temporary folder, a mock, a gateway, a baseline, a load. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../packages/server/src/platform/db/database.ts'
import { startEmbedded } from '../../packages/server/src/platform/db/embedded/index.ts'
import { migrate } from '../../packages/server/src/platform/db/migrate.ts'
import {
  type GatewayProcess,
  makeFolders,
  startGateway,
} from '../../packages/server/test/gateway/gateway-process.ts'
import {
  addCustomer,
  addModel,
  type Customer,
} from '../../packages/server/test/gateway/installation.ts'
import { chargedOf, postJournals } from '../../packages/server/test/gateway/posting.ts'
import { Contention } from './contention.ts'
import { pin, type Program, startProgram } from './pinned.ts'

/** The program under test has a core for itself; everything else shares the other. */
const CORE_UNDER_TEST = 0
const CORE_OF_THE_REST = 1

export interface Stand {
  readonly db: Database
  readonly mark: string
  readonly mock: Program
  readonly baseline: Program
  readonly load: Program
  readonly gateway: GatewayProcess
  readonly customer: Customer
  readonly contention: Contention
  /** Resident memory of the gateway; null where the system does not tell. */
  memoryMib(): number | null
  /** Stops the gateway, posts its journal, and counts the answers that were charged. */
  countCharged(): Promise<number>
  close(): Promise<void>
}

export async function openStand(nodeOptions: readonly string[] = []): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const postgres = await startEmbedded({ dataDir: folder })
  await migrate(postgres.url)
  const db = openDatabase(postgres.url)
  const mark = `bench-${randomBytes(6).toString('hex')}`
  const file = (name: string) => join(import.meta.dirname, name)
  const mock = await startProgram(CORE_OF_THE_REST, file('mock.ts'), [mark])
  const load = await startProgram(CORE_OF_THE_REST, file('load.ts'))
  const origin = `http://127.0.0.1:${mock.port}`
  const baseline = await startProgram(CORE_UNDER_TEST, file('pass-through.ts'), [origin])
  const customer = await addCustomer(db, { name: 'Bench', usd: '1000000' })
  await addModel(db, { name: 'instant', urls: [`${origin}/d0/v1`], contextTokens: 8192 })
  await addModel(db, { name: 'paced', urls: [`${origin}/d20/v1`], contextTokens: 8192 })
  const folders = makeFolders()
  const gateway = await startGateway({
    databaseUrl: postgres.url,
    folders,
    prefix: pin(CORE_UNDER_TEST),
    nodeOptions,
  })
  const countCharged = async () => {
    await gateway.stop()
    await postJournals({ db, folders, isWriterAlive: () => false })
    return (await chargedOf(db, customer.organizationId)).events
  }
  const close = async () => {
    for (const program of [mock, load, baseline]) program.end()
    await gateway.stop()
    await db.destroy()
    await postgres.stop()
    folders.remove()
    rmSync(folder, { recursive: true, force: true })
  }
  const programs = [mock, load, baseline, gateway].map(({ child }) => child.pid ?? 0)
  const contention = new Contention([...programs, process.pid])
  const memoryMib = () => readMemoryMib(gateway.child.pid)
  const parts = { db, mark, mock, baseline, load, gateway, customer, contention }
  return { ...parts, memoryMib, countCharged, close }
}

function readMemoryMib(pid: number | undefined): number | null {
  try {
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kib === undefined ? null : Number(kib) / 1024
  } catch {
    // Not Linux.
    return null
  }
}
