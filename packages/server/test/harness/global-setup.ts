/** Before and after a whole test run: the folder that its database server lives in, and the end of that server. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '#platform/db/embedded/index.ts'
import { serverFolder } from './server.ts'

const PREFIX = 'spillway-test-'

export function setup(project: TestProject): () => Promise<void> {
  removeOldFolders()
  const runFolder = mkdtempSync(join(tmpdir(), PREFIX))
  project.provide('runFolder', runFolder)
  return () => finish(runFolder)
}

async function finish(runFolder: string): Promise<void> {
  if (existsSync(join(runFolder, 'server.json'))) await stopServer(runFolder)
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

async function stopServer(runFolder: string): Promise<void> {
  const embedded = await startEmbedded({ dataDir: serverFolder(runFolder), isDurable: false })
  await embedded.stop()
}

/** Only the databases of the last failed run are kept; running ones have no such file yet. */
function removeOldFolders(): void {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    const isKept = existsSync(join(folder, 'kept'))
    const isInUse = existsSync(join(folder, 'server/postgres/cluster/postmaster.pid'))
    if (isKept && !isInUse) rmSync(folder, { recursive: true, force: true })
  }
}
