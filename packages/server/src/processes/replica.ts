/**
 * A replica: one model behind an OpenAI-compatible server on the loopback address. It runs inside a lease, knows
 * nothing of money, and keeps llama.cpp out of every other process, because broken weights abort the one they are in.
 * `/health` answers 503 while the model loads. When it is ready it prints one line of JSON.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { inspectGguf } from '#platform/models/gguf/inspect.ts'
import { readAllowedCpus } from '#platform/processes/allowed-cpus.ts'
import { loadEngine } from './replica/engine.ts'
import { type ReplicaOptions, USAGE, parseOptions } from './replica/options.ts'
import { createPlaces } from './replica/places.ts'
import { type ReplicaServer, createReplicaServer } from './replica/server.ts'

const EXIT_USAGE = 2
const EXIT_WEIGHTS = 3

function say(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function logFailure(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`${JSON.stringify({ level: 'error', text })}\n`)
}

function nowSeconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) / 1000)
}

async function listen(server: Server, { port, portFile }: ReplicaOptions): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const bound = address !== null && typeof address === 'object' ? address.port : port
  if (portFile !== null) {
    await writeFile(`${portFile}.part`, `${bound}\n`)
    await rename(`${portFile}.part`, portFile)
  }
  return bound
}

async function load(replica: ReplicaServer, options: ReplicaOptions): Promise<boolean> {
  const inspection = await inspectGguf(options.weightsPath)
  if (inspection.kind !== 'model') {
    logFailure(`${options.weightsPath}: ${inspection.text}`)
    return false
  }
  const engine = await loadEngine(options)
  const places = createPlaces({ count: options.parallel, waitingMax: options.waitingMax })
  const tally = { answers: 0, promptTokens: 0, completionTokens: 0 }
  replica.serve({ name: options.modelName, engine, places, tally, createdSeconds: nowSeconds() })
  return true
}

async function run(options: ReplicaOptions): Promise<void> {
  const { modelName, graceMs } = options
  const replica = createReplicaServer({ modelName, logFailure, nowSeconds, newId: randomUUID })
  // llama.cpp's threads would keep the process alive after the last answer; it has nothing to save.
  const stop = () => void replica.stop(graceMs).then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  const port = await listen(replica.server, options)
  if (await load(replica, options)) say({ ready: true, port })
  else process.exit(EXIT_WEIGHTS)
}

const parsed = parseOptions(process.argv.slice(2), {
  environment: process.env,
  cpuCount: readAllowedCpus().length,
})
if (parsed.kind === 'options') {
  await run(parsed.options)
} else {
  process.stderr.write(`${parsed.text}\n${USAGE}\n`)
  process.exitCode = EXIT_USAGE
}
