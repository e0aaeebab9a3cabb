/**
 * A real installation for scenario tests: the server's own program as a child process, in a data folder of its own, on
 * a free port. It can be killed at any instant and started again on the same folder.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@spillway/contract'
import { createLocalEngine } from '#platform/engines/local/local-engine.ts'
import { untilTrue } from './until-true.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const READY_WITHIN_MS = 90_000
const STOP_WITHIN_MS = 30_000

export interface InstallationOptions {
  /** Take a database of the harness instead of an embedded one, which starts faster. */
  readonly databaseUrl?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Continue in this folder. */
  readonly dataDir?: string
}

export interface TestInstallation {
  readonly url: string
  readonly operatorToken: string
  readonly demoApiKey: string
  readonly signInUrl: string
  readonly dataDir: string
  readonly pid: number
  /** Everything the program printed. */
  readonly output: () => string
  /** Ends the server at once, as a crash would; the data folder stays. */
  readonly kill: () => Promise<void>
  /** Ends the server in order, with what it runs, and removes the data folder. */
  readonly stop: () => Promise<void>
}

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
}

/** Starts the program and collects what it prints. */
export function spawnServer(environment: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SPILLWAY_PORT: '0', ...environment },
  })
  let text = ''
  const collect = (piece: Buffer) => {
    text += piece.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return { child, output: () => text }
}

function untilReady({ child, output }: Started): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not ready in time:\n${output()}`)),
      READY_WITHIN_MS,
    )
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the server ended with ${code}:\n${output()}`))
    })
    child.stdout?.on('data', () => {
      const signIn = /Sign in as the operator: (\S+)/.exec(output())?.[1]
      if (signIn === undefined) return
      clearTimeout(timer)
      resolve(signIn)
    })
  })
}

function untilExit(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Leases outlive the server by design, so a test ends them before it ends the server. */
async function endLeases(url: string, operatorToken: string): Promise<void> {
  const client = createClient({ url, credential: operatorToken })
  const open = async () => {
    const { items } = await client.listLeases({ query: { limit: 1000 } })
    return items.filter((lease) => lease.state !== 'ended' && lease.kind !== 'serving')
  }
  for (const { id } of await open())
    await client.stopLease({ params: { id } }).catch(() => undefined)
  await untilTrue(async () => (await open()).length === 0, { timeoutMs: STOP_WITHIN_MS })
}

/** Ends what the engine still runs, and waits until it is gone. */
async function endAttempts(dataDir: string): Promise<void> {
  const engine = createLocalEngine({ directory: join(dataDir, 'engine'), environment: process.env })
  for (const attempt of (await engine.list()).keys()) {
    await engine.stop(attempt, 0)
    await untilTrue(async () => (await engine.observe(attempt)).state !== 'running')
  }
}

export async function startInstallation(
  options: InstallationOptions = {},
): Promise<TestInstallation> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'spillway-test-'))
  const started = spawnServer({
    SPILLWAY_DATA_DIR: dataDir,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.environment,
  })
  const signInUrl = await untilReady(started)
  const {
    url,
    operator_token: operatorToken,
    demo_api_key: demoApiKey,
  } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as Record<
    'url' | 'operator_token' | 'demo_api_key',
    string
  >
  const { child, output } = started
  return {
    ...{ url, operatorToken, demoApiKey, signInUrl, dataDir, output },
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL')
      await untilExit(child, STOP_WITHIN_MS)
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null)
        await endLeases(url, operatorToken).catch(() => undefined)
      child.kill('SIGTERM')
      await untilExit(child, STOP_WITHIN_MS)
      await endAttempts(dataDir)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
