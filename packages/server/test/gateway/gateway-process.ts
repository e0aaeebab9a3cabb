/** A real gateway process under a test: started as the server starts it, heard over IPC, ended or killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OtelSettings } from '#platform/telemetry/otlp/otel-settings.ts'
import { PEPPER } from './installation.ts'

const PROGRAM = join(import.meta.dirname, '../../src/processes/gateway.ts')

/** As `ToParent` of the process; kept apart so that a change there shows here. */
export interface GatewayMessage {
  readonly type: 'ready' | 'port_taken' | 'failed' | 'metrics' | 'recording'
  readonly port?: number
  readonly message?: string
  readonly text?: string
  readonly isRecording?: boolean
  readonly apiKeysUsed?: readonly string[]
}

export interface GatewayProcess {
  /** Origin, such as `http://127.0.0.1:1234`. */
  readonly url: string
  readonly port: number
  readonly writer: string
  readonly child: ChildProcess
  readonly messages: readonly GatewayMessage[]
  /** Resolves with exit code or signal. */
  readonly exited: Promise<number | string>
  stop(): Promise<number | string>
  kill(): Promise<number | string>
}

export interface GatewayFolders {
  readonly dataDir: string
  readonly journalDirectory: string
  remove(): void
}

export function makeFolders(): GatewayFolders {
  const dataDir = mkdtempSync(join(tmpdir(), 'spillway-gateway-'))
  const journalDirectory = join(dataDir, 'journal')
  mkdirSync(journalDirectory)
  return {
    dataDir,
    journalDirectory,
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

export interface GatewayOptions {
  readonly databaseUrl: string
  readonly folders: GatewayFolders
  readonly port?: number
  /** Others listen on the port as well. */
  readonly isPortShared?: boolean
  readonly apiUrl?: string
  /** Runs the process under another program, such as `taskset -c 0`. */
  readonly prefix?: readonly string[]
  readonly nodeOptions?: readonly string[]
  readonly logLevel?: 'debug'
  readonly trustedProxies?: readonly string[]
  /** How long a server may say nothing amid an answer. */
  readonly silenceMaxMs?: number
  /** Where telemetry goes. */
  readonly otel?: OtelSettings | null
}

export interface Launched {
  readonly child: ChildProcess
  readonly writer: string
  readonly messages: readonly GatewayMessage[]
  readonly exited: Promise<number | string>
}

export function launchGateway(options: GatewayOptions): Launched {
  const writer = `gateway-${randomBytes(4).toString('hex')}`
  const settings = {
    databaseUrl: options.databaseUrl,
    port: options.port ?? 0,
    ...(options.trustedProxies && { trustedProxies: options.trustedProxies }),
    api: { url: options.apiUrl ?? 'http://127.0.0.1:9' },
    dataDir: options.folders.dataDir,
    journalDirectory: options.folders.journalDirectory,
    writer,
    pepper: PEPPER,
    logLevel: options.logLevel ?? 'silent',
    ...(options.isPortShared ? { isPortShared: true } : {}),
    ...(options.otel ? { otel: options.otel } : {}),
    ...(options.silenceMaxMs === undefined ? {} : { silenceMaxMs: options.silenceMaxMs }),
  }
  const command = [
    ...(options.prefix ?? []),
    process.execPath,
    ...(options.nodeOptions ?? []),
    PROGRAM,
  ]
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, SPILLWAY_GATEWAY: JSON.stringify(settings) },
  })
  const messages: GatewayMessage[] = []
  child.on('message', (message: GatewayMessage) => messages.push(message))
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1))
  })
  return { child, writer, messages, exited }
}

/** Resolves once it listens; rejects with what it said when it does not. */
export async function startGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const launched = launchGateway(options)
  const { child, exited, messages } = launched
  const ready = new Promise<number>((resolve, reject) => {
    child.on('message', (message: GatewayMessage) => {
      if (message.type === 'ready') resolve(message.port ?? 0)
    })
    void exited.then((how) =>
      reject(new Error(`the gateway ended: ${how}, ${JSON.stringify(messages)}`)),
    )
  })
  const port = await ready
  const end = (signal: NodeJS.Signals) => () => {
    child.kill(signal)
    return exited
  }
  return {
    ...launched,
    port,
    url: `http://127.0.0.1:${port}`,
    stop: end('SIGTERM'),
    kill: end('SIGKILL'),
  }
}
