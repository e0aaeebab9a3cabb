/** The server's entry: reads the environment, starts the installation, says where it is, and ends it in order. */
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { StartFailure } from '#platform/db/start-failure.ts'
import { readConfig } from './config.ts'
import { type Installation, startInstallation } from './processes/installation.ts'
import { findMisspelt } from './processes/misspelt-variables.ts'
import { createProgress } from './processes/progress.ts'
import { StartRefused } from './processes/start-refused.ts'

// A server that once was busy would keep 300 MB of room for garbage, of which 40 are in use. This costs no speed that
// could be measured, and a heap that has grown gives nothing back later, so it comes before any work.
setFlagsFromString('--optimize-for-size')

const root = join(import.meta.dirname, '../../..')

function fail(message: string, what = 'Spillway cannot start.'): never {
  process.stderr.write(`\n${what}\n${message}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (error instanceof StartFailure || error instanceof StartRefused) return error.message
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

/** A signal during the start is kept until everything is up: half a start cannot be ended in order. */
function stopOnSignals(starting: Promise<Installation>): { isStopping: () => boolean } {
  let isStopping = false
  const stop = (signal: string) => {
    if (isStopping) process.exit(1)
    isStopping = true
    process.stdout.write(`\n${signal}: stopping. Leases go on running; once more ends at once.\n`)
    starting
      .then((installation) => installation.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => fail(explain(error), 'Spillway could not stop in order.'),
      )
  }
  // A terminal that is closed says SIGHUP, and takes no more words.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal))
  return { isStopping: () => isStopping }
}

const outcome = readConfig(process.env, { root, cwd: process.cwd() })
const faults = [...(outcome.kind === 'refused' ? outcome.faults : []), ...findMisspelt(process.env)]
if (outcome.kind === 'refused' || faults.length > 0)
  fail(faults.map((fault) => `  ${fault}`).join('\n'))
const progress = createProgress(
  {
    write: (text) => void process.stdout.write(text),
    isTTY: process.stdout.isTTY,
    columns: () => process.stdout.columns,
  },
  () => performance.now(),
)
progress.say('Spillway')
const starting = startInstallation({
  config: outcome.config,
  root,
  environment: process.env,
  progress,
})
const { isStopping } = stopOnSignals(starting)
try {
  const installation = await starting
  if (!isStopping()) greet(installation)
} catch (error) {
  fail(explain(error))
}
