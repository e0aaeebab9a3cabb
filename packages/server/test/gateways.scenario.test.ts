/** A server with several gateways, and two servers on one database: each answers, and all of it is charged, once. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { chat, findBroken, gatewaysOf, observe, tokensCharged } from './faults/observed.ts'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-gateways-'))
const running: TestInstallation[] = []
afterAll(async () => {
  for (const installation of running.toReversed()) await installation.stop()
  rmSync(folder, { recursive: true, force: true })
})

const { url: databaseUrl } = await cloneDatabase()

async function start(environment: Readonly<Record<string, string>>, dataDir?: string) {
  const installation = await startInstallation({
    databaseUrl,
    environment,
    ...(dataDir === undefined ? {} : { dataDir }),
  })
  running.push(installation)
  return installation
}

async function untilServed(installation: TestInstallation): Promise<number> {
  const answer = await untilTrue(
    async () => {
      const response = await chat(installation)
      return response.status === 200 ? response : null
    },
    { timeoutMs: 60_000 },
  )
  const { usage } = (await answer.json()) as { usage: { completion_tokens: number } }
  return usage.completion_tokens
}

test('one of several gateways is killed: the others serve, it comes back, and its figures are its own', async () => {
  const installation = await start({ SPILLWAY_GATEWAYS: '3' })
  expect(gatewaysOf(installation.dataDir)).toHaveLength(3)
  let tokens = await untilServed(installation)
  // when
  const [victim = 0] = gatewaysOf(installation.dataDir)
  process.kill(victim, 'SIGKILL')
  // then
  tokens += await untilServed(installation)
  await untilTrue(
    () => gatewaysOf(installation.dataDir).filter((pid) => pid !== victim).length === 3,
  )
  const figures = await untilTrue(async () => {
    const text = await (await fetch(`${installation.url}/metrics`)).text()
    return text.includes('spillway_gateway_calls{gateway="2"}') ? text : null
  })
  expect(figures.match(/# TYPE spillway_gateway_calls gauge/g)).toHaveLength(1)
  await untilTrue(async () => (await tokensCharged(observe(installation), 'toy')) === tokens)
}, 120_000)

test('a server that waits its turn posts what its own gateway recorded', async () => {
  // given another machine with the same secret
  const [first] = running
  if (!first) throw new Error('the first test starts it')
  const dataDir = join(folder, 'second')
  mkdirSync(dataDir)
  copyFileSync(join(first.dataDir, 'secrets.json'), join(dataDir, 'secrets.json'))
  const seen = observe(first)
  const before = await tokensCharged(seen, 'toy')
  const second = await start({}, dataDir)
  expect(second.output()).toContain('Another server on this database is the active controller')
  // when
  const tokens = await untilServed(second)
  // then
  await untilTrue(async () => (await tokensCharged(seen, 'toy')) === before + tokens)
  expect(await findBroken(seen)).toEqual([])
}, 180_000)
