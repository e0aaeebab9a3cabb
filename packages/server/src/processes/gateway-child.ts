/**
 * Starts the gateway as a process of its own and keeps it running: a gateway that dies is started again under another
 * writer's name, and what the dead one journalled is shipped from its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { GATEWAY_DRAIN_MS } from '../limits.ts'
import type { ToParent } from './gateway/parent.ts'
import { type GatewaySettings, SETTINGS_VARIABLE } from './gateway/settings.ts'
import { explainPort, PortTaken } from './port-check.ts'
import { StartRefused } from './start-refused.ts'

export interface GatewayChildDeps {
  readonly settings: (writer: string) => GatewaySettings
  /** A name that was never used for a gateway of this data folder. */
  readonly newWriter: () => string
  readonly onStarted: (writer: string, pid: number) => void
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly onMessage: (message: ToParent) => void
  readonly onDied: (how: string, retryInMs: number) => void
}

export interface GatewayChild {
  /** Resolves with the port when the first gateway listens; rejects with a `StartRefused` when it cannot. */
  readonly ready: Promise<number>
  /** Why it takes no new requests now, as a sentence; null when it does. */
  readonly fault: () => string | null
  readonly stop: () => Promise<void>
}

export const NOT_READY = 'The gateway is not ready.'

const RESTART_MIN_MS = 200
const RESTART_MAX_MS = 10_000
/** Who has served for so long does not crash in a loop: the next one starts without a long pause. */
const SERVED_MS = 30_000

async function refusePort({
  port,
  code,
}: Extract<ToParent, { type: 'port_taken' }>): Promise<number> {
  throw new PortTaken(await explainPort(port, code))
}

class Keeper implements GatewayChild {
  readonly ready: Promise<number>
  readonly #deps: GatewayChildDeps
  #child: ChildProcess | null = null
  #port: number | null = null
  #isUp = false
  #upSinceMs = 0
  /** It is up and cannot write its journal. */
  #recordingFault: string | null = null
  #isStopped = false
  #crashes = 0
  #restart: NodeJS.Timeout | null = null
  #settleReady: Pick<PromiseWithResolvers<number>, 'resolve' | 'reject'>

  constructor(deps: GatewayChildDeps) {
    this.#deps = deps
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.ready = promise
    this.#settleReady = { resolve, reject }
    this.#start()
  }

  fault = (): string | null => (this.#isUp ? this.#recordingFault : NOT_READY)

  stop = async (): Promise<void> => {
    this.#isStopped = true
    if (this.#restart) clearTimeout(this.#restart)
    const child = this.#child
    if (!child) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), GATEWAY_DRAIN_MS)
    await exited
    clearTimeout(timer)
  }

  #start(): void {
    const writer = this.#deps.newWriter()
    const settings = this.#deps.settings(writer)
    const port = this.#port ?? settings.port
    const child = spawn(process.execPath, [join(import.meta.dirname, 'gateway.ts')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...this.#deps.environment,
        [SETTINGS_VARIABLE]: JSON.stringify({ ...settings, port }),
      },
    })
    this.#child = child
    if (child.pid !== undefined) this.#deps.onStarted(writer, child.pid)
    child.on('message', (message: ToParent) => this.#hear(message))
    child.once('exit', (code, signal) => this.#onExit(signal ?? `exit code ${code}`))
  }

  #hear(message: ToParent): void {
    if (message.type === 'ready') {
      this.#port = message.port
      this.#isUp = true
      this.#upSinceMs = performance.now()
      this.#settleReady.resolve(message.port)
    }
    if (message.type === 'port_taken') this.#settleReady.resolve(refusePort(message))
    if (message.type === 'recording')
      this.#recordingFault = message.isRecording ? null : message.message
    if (message.type === 'failed')
      this.#settleReady.reject(new StartRefused(`The gateway cannot start: ${message.message}`))
    this.#deps.onMessage(message)
  }

  #onExit(how: string): void {
    this.#child = null
    if (this.#isUp && performance.now() - this.#upSinceMs > SERVED_MS) this.#crashes = 0
    this.#isUp = false
    this.#recordingFault = null
    if (this.#isStopped) return
    // Who starts it is there to be told, and to end what was started with it. Only a gateway that has served is kept up.
    if (this.#port === null)
      return this.#settleReady.reject(
        new StartRefused(`The gateway ended before it listened (${how}); server.log says more.`),
      )
    this.#crashes++
    const retryInMs = Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.min(this.#crashes, 10))
    this.#deps.onDied(how, retryInMs)
    this.#restart = setTimeout(() => this.#start(), retryInMs)
  }
}

export function keepGateway(deps: GatewayChildDeps): GatewayChild {
  return new Keeper(deps)
}
