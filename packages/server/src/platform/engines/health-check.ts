/** Asks a service whether it is well: a GET of a path, or only whether its port is open. One question, one answer. */
import { request } from 'node:http'
import { dial, dialing } from './dial.ts'
import type { Address } from './engine.ts'

export interface HealthCheck {
  /** Null: an open port is enough. */
  readonly path: string | null
  readonly timeoutMs: number
}

export interface HealthFinding {
  readonly isHealthy: boolean
  /** For people, such as `answers 200`. */
  readonly text: string
}

/** Never throws: what goes wrong is the finding. */
export function checkHealth(address: Address, check: HealthCheck): Promise<HealthFinding> {
  return check.path === null ? checkPort(address, check) : askPath(address, check.path, check)
}

async function checkPort(address: Address, { timeoutMs }: HealthCheck): Promise<HealthFinding> {
  try {
    const socket = await dial(address, timeoutMs)
    socket.on('error', () => socket.destroy())
    socket.destroy()
    return { isHealthy: true, text: 'its port is open' }
  } catch (error) {
    const isLate = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT'
    const late = `its port does not open within ${timeoutMs} ms`
    return { isHealthy: false, text: isLate ? late : whatFailed(error as Error) }
  }
}

function askPath(
  address: Address,
  path: string,
  { timeoutMs }: HealthCheck,
): Promise<HealthFinding> {
  return new Promise((resolve) => {
    const headers = { host: 'localhost', 'user-agent': 'spillway-health', connection: 'close' }
    const signal = AbortSignal.timeout(timeoutMs)
    const asking = request({ ...dialing(address), method: 'GET', path, headers, signal })
    asking.on('response', (response) => {
      const status = response.statusCode ?? 0
      resolve({ isHealthy: status >= 200 && status < 400, text: `${path} answers ${status}` })
      // Nobody reads what else it says.
      response.on('error', () => undefined)
      asking.destroy()
    })
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const text = signal.aborted
        ? `${path} has no answer within ${timeoutMs} ms`
        : whatFailed(error)
      resolve({ isHealthy: false, text })
    })
    asking.end()
  })
}

function whatFailed(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') return 'nothing listens at its port'
  if (error.code === 'ECONNRESET') return 'it closes the connection without an answer'
  return error.message
}
