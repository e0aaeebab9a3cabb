/** The embedded PostgreSQL itself: made, adopted, killed, restarted, refused. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { chmodSync, chownSync, mkdirSync, renameSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, expect, test } from 'vitest'
import { untilTrue } from '../../../../test/harness/index.ts'
import { openDatabase } from '../database.ts'
import { isAlive } from '../process-identity.ts'
import type { StartFailureReason } from '../start-failure.ts'
import {
  type Embedded,
  type EmbeddedEvent,
  type EmbeddedOptions,
  startEmbedded,
  stopEmbedded,
} from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'spillway-embedded-'))
chmodSync(root, 0o755)
const dataDir = join(root, 'main')
mkdirSync(dataDir)
const cluster = join(dataDir, 'postgres/cluster')
const running: Embedded[] = []

async function start(options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir, isDurable: false, ...options })
  running.push(embedded)
  return embedded
}

async function refusal(
  work: Promise<unknown>,
): Promise<{ reason: StartFailureReason; message: string }> {
  return work.then(
    () => Promise.reject(new Error('it should have been refused')),
    (error) => error,
  )
}

afterEach(async () => {
  for (const embedded of running.splice(0)) await embedded.stop()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('the first start makes a database that answers to its password only', async () => {
  // given
  const steps: string[] = []
  // when
  const embedded = await start({ onProgress: (step) => steps.push(step) })
  // then
  expect(steps).toEqual(['initialising', 'starting'])
  expect(embedded.isAdopted).toBe(false)
  const db = openDatabase(embedded.url)
  const { rows } =
    await sql`SELECT current_user::text AS role, current_setting('server_version_num')::int / 10000 AS version,
    rolsuper AS super FROM pg_roles WHERE rolname = current_user`.execute(db)
  expect(rows).toEqual([{ role: 'spillway', version: 18, super: false }])
  await db.destroy()
  const stranger = new pg.Client(embedded.url.replace(/:[0-9a-f]+@/, ':guess@'))
  await expect(stranger.connect()).rejects.toThrow('password authentication failed')
})

test('passwords are in one private file and in no command line', async () => {
  const embedded = await start()
  const record = join(dataDir, 'postgres.json')
  expect(statSync(record).mode & 0o777).toBe(0o600)
  const { password } = JSON.parse(readFileSync(record, 'utf8'))
  expect(embedded.url).toContain(password)
  if (process.platform === 'linux')
    expect(readFileSync(`/proc/${embedded.pid}/cmdline`, 'utf8')).not.toContain(password)
})

test('a stopped server starts again on the same port with what it held', async () => {
  const first = await start()
  const db = openDatabase(first.url)
  await sql`CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS one`.execute(db)
  await db.destroy()
  await first.stop()
  expect(isAlive(first.pid)).toBe(false)
  const second = await start()
  expect(second.url).toBe(first.url)
  const again = openDatabase(second.url)
  expect((await sql`SELECT one FROM kept`.execute(again)).rows).toEqual([{ one: 1 }])
  await again.destroy()
})

test('a server whose Spillway was killed keeps running and is adopted', async () => {
  // given
  const script = `import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
    const { pid } = await startEmbedded({ dataDir: process.argv[1], isDurable: false })
    process.stdout.write(String(pid))
    setInterval(() => {}, 1000)`
  const words = ['--input-type=module', '-e', script, dataDir]
  // The aliases of imports belong to the package, so the script stands in it.
  const child = spawn(process.execPath, words, {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = Number(await new Promise((resolve) => child.stdout.once('data', resolve)))
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await ended
  expect(isAlive(pid)).toBe(true)
  // when
  const steps: string[] = []
  const embedded = await start({ onProgress: (step) => steps.push(step) })
  // then
  expect(embedded).toMatchObject({ pid, isAdopted: true })
  expect(steps).toEqual(['adopting'])
})

test('a killed PostgreSQL is started again, and the pool works again', async () => {
  // given
  const events: EmbeddedEvent[] = []
  const embedded = await start({ onEvent: (event) => events.push(event) })
  const { pid, url } = embedded
  const db = openDatabase(url)
  await sql`SELECT 1`.execute(db)
  // when
  process.kill(pid, 'SIGKILL')
  // then
  await untilTrue(() => events.at(-1)?.kind === 'restarted', { timeoutMs: 20_000 })
  expect(events[0]).toEqual({ kind: 'died', pid })
  expect(embedded.pid).not.toBe(pid)
  expect(embedded.url).toBe(url)
  await untilTrue(async () => (await sql`SELECT 1`.execute(db)).rows.length === 1)
  await db.destroy()
})

test('an adopted PostgreSQL that is killed is started again too', async () => {
  const first = await start()
  await first.leave()
  const events: EmbeddedEvent[] = []
  const second = await start({ onEvent: (event) => events.push(event) })
  expect(second.isAdopted).toBe(true)
  process.kill(second.pid, 'SIGKILL')
  await untilTrue(() => events.at(-1)?.kind === 'restarted', { timeoutMs: 20_000 })
})

test('a restart that fails is told and tried again', async () => {
  // given
  const events: EmbeddedEvent[] = []
  const embedded = await start({ onEvent: (event) => events.push(event) })
  // when
  renameSync(join(cluster, 'global'), join(cluster, 'elsewhere'))
  process.kill(embedded.pid, 'SIGKILL')
  await untilTrue(() => events.at(-1)?.kind === 'restart_failed', { timeoutMs: 20_000 })
  renameSync(join(cluster, 'elsewhere'), join(cluster, 'global'))
  // then
  await untilTrue(() => events.at(-1)?.kind === 'restarted', { timeoutMs: 20_000 })
})

test('a pid file that names an unrelated process does not keep it from starting', async () => {
  // given
  const first = await start()
  await first.stop()
  const other = spawn('sleep', ['600'])
  const uid = statSync(cluster).uid
  const lines = [other.pid, cluster, '1700000000', '5432', '', '127.0.0.1', '', 'ready', '']
  writeFileSync(join(cluster, 'postmaster.pid'), lines.join('\n'), { mode: 0o600 })
  chownSync(join(cluster, 'postmaster.pid'), uid, uid)
  // when
  const second = await start()
  // then
  expect(second.isAdopted).toBe(false)
  expect(other.exitCode).toBeNull()
  other.kill('SIGKILL')
})

test('a port that was taken meanwhile is exchanged for a free one', async () => {
  // given
  const first = await start()
  await first.stop()
  const port = Number(new URL(first.url).port)
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
  // when
  const second = await start()
  // then
  expect(new URL(second.url).port).not.toBe(String(port))
  await new Promise((resolve) => squatter.close(resolve))
})

test('a start that was interrupted while initialising begins anew', async () => {
  const path = join(root, 'interrupted')
  mkdirSync(join(path, 'postgres/cluster.new/base'), { recursive: true })
  const embedded = await start({ dataDir: path })
  expect(embedded.isAdopted).toBe(false)
})

test('a folder of another version is refused with what to do', async () => {
  const path = join(root, 'old')
  mkdirSync(join(path, 'postgres/cluster'), { recursive: true })
  writeFileSync(join(path, 'postgres/cluster/PG_VERSION'), '16\n')
  const { reason, message } = await refusal(start({ dataDir: path }))
  expect(reason).toBe('postgres_version_mismatch')
  expect(message).toContain('made by PostgreSQL 16')
})

test('lost passwords are refused with what to do', async () => {
  await (await start()).stop()
  renameSync(join(dataDir, 'postgres.json'), join(dataDir, 'away.json'))
  expect((await refusal(start())).message).toContain('postgres.json')
  writeFileSync(join(dataDir, 'postgres.json'), '{"port": 1')
  expect((await refusal(start())).message).toContain('damaged')
  renameSync(join(dataDir, 'away.json'), join(dataDir, 'postgres.json'))
})

test('a server can be stopped by its folder alone', async () => {
  const embedded = await start()
  await embedded.leave()
  await stopEmbedded(dataDir)
  expect(isAlive(embedded.pid)).toBe(false)
  await stopEmbedded(dataDir)
})

const isRoot = process.getuid?.() === 0

test.runIf(isRoot)('started by root, PostgreSQL runs as somebody else', async () => {
  const embedded = await start()
  const status = readFileSync(`/proc/${embedded.pid}/status`, 'utf8')
  expect(status).toMatch(/^Uid:\t65534\t/m)
  expect(statSync(cluster).uid).toBe(65534)
})

test.runIf(isRoot)(
  'started by root where nobody else may enter, it runs or says what to do',
  async () => {
    const closed = join(root, 'closed')
    mkdirSync(join(closed, 'folder'), { recursive: true })
    chmodSync(closed, 0o700)
    const outcome = await start({ dataDir: join(closed, 'folder') }).catch((error) => error)
    if ('url' in outcome) return
    expect(outcome.reason).toBe('postgres_not_permitted')
  },
)

test.runIf(isRoot)('an ordinary user runs it too', async () => {
  const path = join(root, 'ordinary')
  mkdirSync(path)
  chownSync(path, 65534, 65534)
  const script = `import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
    const embedded = await startEmbedded({ dataDir: process.argv[1], isDurable: false })
    await embedded.stop()
    process.stdout.write('done')`
  const words = ['--input-type=module', '-e', script, path]
  const child = spawn(process.execPath, words, { uid: 65534, gid: 65534, cwd: import.meta.dirname })
  let output = ''
  child.stdout.on('data', (part) => (output += part))
  child.stderr.on('data', (part) => (output += part))
  await new Promise((resolve) => child.once('close', resolve))
  expect(output).toBe('done')
})
