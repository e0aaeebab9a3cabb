/** The installation that the storm is about: it can be killed, part by part, and goes on in the same folder. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '../../packages/contract/src/index.ts'
import {
  startInstallation,
  type TestInstallation,
} from '../../packages/server/test/harness/installation.ts'
import type { Clients } from './load.ts'

const FIND_WITHIN_MS = 60_000

/** Tries until there is somebody to kill: what was killed before may still be coming up. */
async function killOnce(find: () => number | null): Promise<void> {
  const deadlineMs = performance.now() + FIND_WITHIN_MS
  while (performance.now() < deadlineMs) {
    const pid = find()
    if (pid !== null && tryKill(pid)) return
    await pause(50)
  }
  throw new Error('found nobody to kill in a minute')
}

function tryKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return text === '' ? [] : text.split(' ').map(Number)
  } catch {
    return []
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

export class Stand {
  readonly folder: string
  readonly witnesses: string
  readonly dataDir: string
  readonly #environment: Readonly<Record<string, string>>
  #installation: TestInstallation | null = null

  constructor(environment: Readonly<Record<string, string>>, folder: string) {
    this.folder = folder
    this.witnesses = witnessFolder(folder)
    this.dataDir = join(folder, 'data')
    this.#environment = environment
  }

  async start(): Promise<void> {
    const { dataDir } = this
    this.#installation = await startInstallation({ dataDir, environment: this.#environment })
  }

  get installation(): TestInstallation {
    if (this.#installation === null) throw new Error('the storm has no installation yet')
    return this.#installation
  }

  clients: Clients = () => {
    const { url, operatorToken, demoApiKey } = this.installation
    return {
      operator: createClient({ url, credential: operatorToken }),
      buyer: createClient({ url, credential: demoApiKey }),
    }
  }

  /** Kills the server, and starts another on what it left. */
  async killServer(): Promise<void> {
    await this.installation.kill()
    await this.start()
  }

  async killGateway(): Promise<void> {
    const { pid } = this.installation
    await killOnce(
      () => childrenOf(pid).find((child) => commandOf(child).includes('gateway')) ?? null,
    )
  }

  async killPostgres(): Promise<void> {
    const path = join(this.dataDir, 'postgres/cluster/postmaster.pid')
    await killOnce(() => {
      try {
        return Number(readFileSync(path, 'utf8').split('\n')[0]) || null
      } catch {
        return null
      }
    })
  }

  async close(): Promise<void> {
    await this.#installation?.stop()
  }
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-storm-'))
  mkdirSync(witnessFolder(folder))
  return folder
}

/** Where commands leave their word. */
export function witnessFolder(folder: string): string {
  return join(folder, 'witnesses')
}
