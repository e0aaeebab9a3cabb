/** Everything a test of the data path needs: a customer, a model, a simulated server behind it, a gateway in front. */
import { afterAll, beforeAll } from 'vitest'
import { cloneDatabase, type TestDatabase, untilTrue } from '../harness/index.ts'
import {
  type GatewayFolders,
  type GatewayOptions,
  type GatewayProcess,
  makeFolders,
  startGateway,
} from './gateway-process.ts'
import { addCustomer, addModel, type Customer } from './installation.ts'
import {
  type Behaviour,
  startUpstreamSimulator,
  type UpstreamSimulator,
} from './upstream-simulator.ts'

export interface Stand {
  readonly database: TestDatabase
  readonly folders: GatewayFolders
  readonly customer: Customer
  readonly simulator: UpstreamSimulator
  readonly gateway: GatewayProcess
}

/** The model that every stand has. */
export const MODEL = 'toy'

/** Call it at the top of a test file; what it returns is filled in before the first test. */
export async function makeStand(options: Partial<GatewayOptions> = {}): Promise<Stand> {
  const database = await cloneDatabase()
  const stand: { -readonly [Part in keyof Stand]: Stand[Part] } = { database } as Stand
  beforeAll(async () => {
    stand.folders = makeFolders()
    stand.simulator = await startUpstreamSimulator()
    stand.customer = await addCustomer(database.db, { name: 'Ada', usd: '10' })
    await addModel(database.db, { name: MODEL, urls: [stand.simulator.url] })
    stand.gateway = await startGateway({
      databaseUrl: database.url,
      folders: stand.folders,
      ...options,
    })
  })
  afterAll(async () => {
    await stand.gateway?.stop()
    await stand.simulator?.close()
    stand.folders?.remove()
  })
  return stand
}

export interface Asking {
  readonly url: string
  readonly key: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** One request as bytes, for what the official client would not send. */
export function ask({ url, key, body, headers, signal }: Asking): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
}

/** A request whose server does as told. */
export function told(behaviour: Partial<Behaviour>, more: object = {}): Record<string, unknown> {
  return { model: MODEL, messages: [{ role: 'user', content: JSON.stringify(behaviour) }], ...more }
}

/** The data of a stream's events, in order. */
export async function readEvents(response: Response): Promise<string[]> {
  const text = await response.text()
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => event.replace(/^data: /, ''))
}

/** Waits until the gateway forgot a fact that a notice of the database told it. */
export { untilTrue }
