/** The server's entry: reads the environment, starts the installation, says where it is, and ends it in order. */
import { join } from 'node:path'
import { StartFailure } from '#platform/db/start-failure.ts'
import { readConfig } from './config.ts'
import { FleetFileRefused } from './processes/fleet-start.ts'
import { PortTaken } from './processes/gateway-child.ts'
import { type Installation, startInstallation } from './processes/installation.ts'
import { createProgress } from './processes/progress.ts'

const root = join(import.meta.dirname, '../../..')

function fail(message: string): never {
  process.stderr.write(`\nSpillway cannot start.\n${message}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (
    error instanceof StartFailure ||
    error instanceof FleetFileRefused ||
    error instanceof PortTaken
  )
    return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function greet({ url, signInUrl }: Installation): void {
  process.stdout.write(`
Spillway is ready. Console: ${url}
  Sign in as the operator: ${signInUrl}

Try first:
  npx spillway chat "What does the sea sell?"
  npx spillway lease create --gpus 1 --tier spot --follow -- sh -c 'echo I have slot $SPILLWAY_SLOTS; sleep 20'
  npx spillway books
`)
}

function stopOnSignals(installation: Installation): void {
  let isStopping = false
  const stop = (signal: string) => {
    if (isStopping) process.exit(1)
    isStopping = true
    process.stdout.write(`\n${signal}: stopping. Leases go on running; once more ends at once.\n`)
    installation.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(explain(error)),
    )
  }
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGTERM', () => stop('SIGTERM'))
}

const outcome = readConfig(process.env, { root, cwd: process.cwd() })
if (outcome.kind === 'refused') fail(outcome.faults.map((fault) => `  ${fault}`).join('\n'))
const progress = createProgress(
  { write: (text) => void process.stdout.write(text), isTTY: process.stdout.isTTY },
  () => performance.now(),
)
progress.say('Spillway')
try {
  const installation = await startInstallation({
    config: outcome.config,
    root,
    environment: process.env,
    progress,
  })
  stopOnSignals(installation)
  greet(installation)
} catch (error) {
  fail(explain(error))
}
