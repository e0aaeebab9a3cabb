import { readFileSync } from 'node:fs'
/** Starts the server of a test run again, to look into the databases of its failed tests. Ends with Ctrl-C. */
import { join } from 'node:path'
import { startEmbedded } from '#platform/db/embedded/index.ts'
import { serverFolder } from './server.ts'

const runFolder = process.argv[2]
if (runFolder === undefined) {
  process.stderr.write('usage: node packages/server/test/harness/open-kept.ts <folder>\n')
  process.exit(2)
}
const embedded = await startEmbedded({ dataDir: serverFolder(runFolder), isDurable: false })
process.stdout.write(`${readFileSync(join(runFolder, 'kept'), 'utf8')}Ctrl-C stops the server.\n`)
// The embedded server does not hold this process; waiting for the signal does.
const holding = setInterval(() => undefined, 60_000)
process.once('SIGINT', () => {
  clearInterval(holding)
  void embedded.stop()
})
