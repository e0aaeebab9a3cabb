/** What the benchmark of reclaims stands on: a real installation without models, whose spot leases get a short notice. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '../../packages/contract/src/index.ts'
import { startInstallation } from '../../packages/server/test/harness/installation.ts'

const LAPTOP = join(import.meta.dirname, '../../examples/laptop.yaml')

/** The time between notice and stop. Short, so that many reclaims fit into a run; the rest does not depend on it. */
export const NOTICE_MS = 500

export interface Stand {
  readonly operator: Client
  readonly buyer: Client
  readonly slots: number
  /** Trusted time minus wall time: what facts and processes' own clocks differ by. */
  readonly offsetMs: () => Promise<number>
  readonly close: () => Promise<void>
}

function writeFleet(folder: string): string {
  const text = readFileSync(LAPTOP, 'utf8')
  const fleet = `${text.slice(0, text.indexOf('models:'))}demo: { creditUsd: 100000 }\n`
  const path = join(folder, 'fleet.yaml')
  writeFileSync(path, fleet.replace('notice: 10s', `notice: ${NOTICE_MS}ms`))
  return path
}

export async function openStand(): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const installation = await startInstallation({
    environment: { SPILLWAY_FLEET: writeFleet(folder) },
  })
  const { url, operatorToken, demoApiKey } = installation
  const operator = createClient({ url, credential: operatorToken })
  const { items } = await operator.listSlots({ params: { pool: 'local' } })
  return {
    operator,
    buyer: createClient({ url, credential: demoApiKey }),
    slots: items.length,
    offsetMs: async () => (await operator.getSystem()).clockOffsetMs,
    close: async () => {
      await installation.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
