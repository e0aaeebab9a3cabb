/** Before and after a whole test run: the folder that its database server lives in, and the end of that server. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { stopEmbedded } from '#platform/db/embedded/index.ts'
import { processStart } from '#platform/db/process-identity.ts'
import { serverFolder } from './server.ts'

const PREFIX = `spillway-test-${process.getuid?.() ?? 0}-`

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeOldRuns()
  const runFolder = mkdtempSync(join(tmpdir(), PREFIX))
  // PostgreSQL's user passes through here when the tests run as root.
  chmodSync(runFolder, 0o711)
  writeFileSync(join(runFolder, 'owner'), `${process.pid} ${processStart(process.pid)}`)
  // Hundreds of servers are started from the same sources: what one of them compiled serves the next, in half the time.
  process.env['NODE_COMPILE_CACHE'] = join(runFolder, 'compiled')
  project.provide('runFolder', runFolder)
  return () => finish(runFolder)
}

async function finish(runFolder: string): Promise<void> {
  if (existsSync(serverFolder(runFolder))) await stopEmbedded(serverFolder(runFolder))
  const keptFile = join(runFolder, 'kept')
  if (!existsSync(keptFile)) return rmSync(runFolder, { recursive: true, force: true })
  const opener = 'node packages/server/test/harness/open-kept.ts'
  const own = process.env['DATABASE_URL']
    ? ''
    : `start their server with\n  ${opener} ${runFolder}\n`
  process.stdout.write(
    `Databases of failed tests were kept; ${own}\n${readFileSync(keptFile, 'utf8')}`,
  )
}

/** Of runs that have ended: only the databases of the last failed one are kept, and no server outlives a killed one. */
async function removeOldRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX))) {
    const runFolder = join(tmpdir(), name)
    if (isUnderWay(runFolder)) continue
    if (existsSync(serverFolder(runFolder))) await stopEmbedded(serverFolder(runFolder))
    rmSync(runFolder, { recursive: true, force: true })
  }
}

function isUnderWay(runFolder: string): boolean {
  const owner = join(runFolder, 'owner')
  if (!existsSync(owner)) return true
  const [pid, start] = readFileSync(owner, 'utf8').split(' ')
  return processStart(Number(pid)) === start
}
