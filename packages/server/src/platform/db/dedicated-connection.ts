/**
 * One connection that is kept up for as long as it is wanted: for what lives in a session, such as listening or a
 * lock. When it breaks, or stops answering, its owner is told and it is made anew at growing intervals.
 */
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { COLUMN_TYPES } from './column-types.ts'

const CONNECT_WITHIN_MS = 5_000
const ANSWER_WITHIN_MS = 5_000
const PROBE_EVERY_MS = 5_000
const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 2_000

export interface DedicatedOptions {
  readonly url: string
  readonly applicationName: string
  /** Called with each new connection. When it throws, the connection is given up and made anew. */
  readonly opened: (client: pg.Client) => Promise<void>
  /** Called once for each connection that had been opened, when it is gone. */
  readonly lost: () => void
}

export interface Dedicated {
  /** Ends it for good. */
  close(): Promise<void>
}

export function keepConnected(options: DedicatedOptions): Dedicated {
  const ending = new AbortController()
  const done = run(options, ending.signal)
  return {
    close: async () => {
      ending.abort()
      await done
    },
  }
}

async function run(options: DedicatedOptions, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const hasOpened = await holdOne(options, signal)
    failures = hasOpened ? 0 : failures + 1
    await sleep(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures, 10)), signal)
  }
}

/** Opens one connection and returns when it is gone; tells whether it had been opened. */
async function holdOne(options: DedicatedOptions, signal: AbortSignal): Promise<boolean> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    keepAlive: true,
    types: COLUMN_TYPES,
  })
  const broken = new AbortController()
  client.on('error', () => broken.abort())
  client.on('end', () => broken.abort())
  let hasOpened = false
  try {
    await client.connect()
    await options.opened(client)
    hasOpened = true
    await probeUntilBroken(client, AbortSignal.any([signal, broken.signal]))
  } catch {
    // Whatever it was, the answer is another connection; the owner learns of the loss below.
  } finally {
    if (hasOpened) options.lost()
    await endSoon(client)
  }
  return hasOpened
}

/** A server that hangs keeps its connections open; only asking finds that out. */
async function probeUntilBroken(client: pg.Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(PROBE_EVERY_MS, signal)
    if (!signal.aborted) await client.query('SELECT 1')
  }
}

/** Asks politely, which a dead server never answers. */
async function endSoon(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => undefined)
  await Promise.race([ended, pause(500, undefined, { ref: false })])
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } }
  connection?.stream?.destroy()
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal })
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
