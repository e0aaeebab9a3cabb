/**
 * Three gateways on one database and one port, under streams; each second one of them is killed with SIGKILL, for a
 * minute. Every answer is then held against the ledger. Afterwards: how long a revoked key still works anywhere, and a
 * minute without the database.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { renderMoney } from '../packages/server/src/kernel/money.ts'
import { type Database, openDatabase } from '../packages/server/src/platform/db/database.ts'
import { startEmbedded } from '../packages/server/src/platform/db/embedded/index.ts'
import { migrate } from '../packages/server/src/platform/db/migrate.ts'
import {
  type GatewayProcess,
  makeFolders,
  startGateway,
} from '../packages/server/test/gateway/gateway-process.ts'
import { addCustomer, addModel } from '../packages/server/test/gateway/installation.ts'
import { type StormOutcome, stormGateways } from '../packages/server/test/gateway/kill-storm.ts'
import { ask, MODEL, told } from '../packages/server/test/gateway/stand.ts'
import { startUpstreamSimulator } from '../packages/server/test/gateway/upstream-simulator.ts'
import { measureOutage } from './gateway/outage.ts'
import type { BenchOptions, BenchResult, Figure } from './run/result.ts'

const REPLICAS = 3
const REVOCATIONS = 10
const never = (name: string, value: number, unit = ''): Figure => ({
  ...{ name, unit, value },
  target: { kind: 'at_most', value: 0 },
})

/** The longest time from the commit of a revocation until a replica refused, over several keys. */
async function measureRevocation(
  db: Database,
  replicas: readonly GatewayProcess[],
): Promise<readonly number[]> {
  const worst: number[] = []
  for (let round = 0; round < REVOCATIONS; round++) {
    const { key, apiKeyId } = await addCustomer(db, { name: `Leaver ${round}`, usd: '1' })
    const send = async (url: string) => {
      const response = await ask({ url, key, body: told({ tokens: 1 }) })
      await response.text()
      return response.status
    }
    for (const { url } of replicas) await send(url)
    await db
      .updateTable('api_key')
      .set({ revoked_at: new Date() })
      .where('id', '=', apiKeyId)
      .execute()
    const fromMs = performance.now()
    const delays = replicas.map(async ({ url }) => {
      while ((await send(url)) !== 401) await pause(1)
      return performance.now() - fromMs
    })
    worst.push(Math.max(...(await Promise.all(delays))))
  }
  return worst
}

interface Measured {
  readonly revoked: readonly number[]
  readonly outage: readonly Figure[]
  readonly durationMs: number
}

function report(outcome: StormOutcome, { revoked, outage, durationMs }: Measured): BenchResult {
  return {
    title: `${REPLICAS} gateways on one database, one killed each second for ${durationMs / 1000} s`,
    figures: [
      { name: 'kill -9', unit: '', value: outcome.kills },
      { name: 'requests', unit: '', value: outcome.attempts },
      { name: 'answered to the end', unit: '', value: outcome.complete },
      { name: 'broken off by a kill', unit: '', value: outcome.broken },
      { name: 'refused for want of money', unit: '', value: outcome.unpaid },
      never('complete answers without their charge', outcome.lost),
      never('charges beyond one for a request', outcome.doubled),
      never('overspent, unexplained or still held', Number(renderMoney(outcome.overspent)), 'USD'),
      never('broken checks of the ledger', outcome.brokenChecks.length),
      {
        name: 'tokens of broken streams that came after the last word on disk',
        unit: '',
        value: outcome.unrecordedTokens,
      },
      {
        name: 'a revoked key works somewhere for at most',
        unit: 'ms',
        value: Math.max(...revoked),
        range: [Math.min(...revoked), Math.max(...revoked)],
        target: { kind: 'at_most', value: 1000 },
      },
      ...outage,
    ],
    notes: [
      'The last gateway that lives is spared until another is up: where a start takes more than a second, there are fewer kills than seconds.',
      '24 callers with a balance that lasts and 3 that share one that does not; three requests in four are streams.',
      'A complete answer must have exactly one charge, of its own size. A stream that a kill broke is charged for what was on disk by then: at most half a second of it is not.',
    ],
  }
}

/** The benchmark. */
export default async function bench({ quick }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-gateway-storm-'))
  const postgres = await startEmbedded({ dataDir: folder })
  await migrate(postgres.url)
  const db = openDatabase(postgres.url)
  const folders = makeFolders()
  const simulator = await startUpstreamSimulator()
  try {
    await addModel(db, { name: MODEL, urls: [simulator.url] })
    const durationMs = quick ? 10_000 : 60_000
    const stand = { db, databaseUrl: postgres.url, folders }
    const storm = { replicas: REPLICAS, durationMs, killEveryMs: 1000, callers: 24 }
    const outcome = await stormGateways({ ...stand, ...storm })
    const replicas = await Promise.all(
      Array.from({ length: REPLICAS }, () => startGateway({ databaseUrl: postgres.url, folders })),
    )
    const revoked = await measureRevocation(db, replicas)
    await Promise.all(replicas.map((replica) => replica.stop()))
    const outage = await measureOutage(stand, durationMs)
    return report(outcome, { revoked, outage, durationMs })
  } finally {
    await simulator.close()
    await db.destroy()
    await postgres.stop()
    folders.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}
