/** Faults while it runs: each is shown to whoever can mend it, nothing is lost, and what was promised to buyers holds. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { createHold, getBalance, listOpenHolds, setHold } from '#modules/ledger/index.ts'
import { isAlive } from '#platform/db/process-identity.ts'
import { ensureToyModel } from '#platform/models/toy/index.ts'
import {
  chat,
  findBroken,
  gatewaysOf,
  observe,
  replicaOf,
  tokensCharged,
  untilCharged,
  untilLease,
} from './faults/observed.ts'
import { processesOf } from './faults/program.ts'
import { startSlowUpstream } from './faults/slow-upstream.ts'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const ROOT = join(import.meta.dirname, '../../..')
const LAPTOP = readFileSync(join(ROOT, 'examples/laptop.yaml'), 'utf8')
const WORKING = ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done']

const folder = mkdtempSync(join(tmpdir(), 'spillway-faults-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function modelEntry(name: string, weights: string): string {
  return `  - name: ${name}\n    pool: local\n    weights: ${weights}\n    priceUsdPerMillionTokens: { input: 0.1, output: 0.4 }\n`
}

function fleetFile(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function logOf(dataDir: string): string {
  return readFileSync(join(dataDir, 'server.log'), 'utf8')
}

describe('models that cannot come up', { timeout: 120_000 }, () => {
  let installation: TestInstallation
  let seen: ReturnType<typeof observe>
  let toy: string

  beforeAll(async () => {
    const texts = join(ROOT, 'examples/texts')
    toy = (await ensureToyModel({ textsFolder: texts, modelsFolder: folder })).path
    writeFileSync(join(folder, 'prose.gguf'), 'These are words, and no weights.')
    // A model by its header, but for one number, with which llama.cpp ends the process that loads it.
    const bytes = readFileSync(toy)
    const key = 'llama.block_count'
    const typeBytes = 4
    bytes.writeUInt32LE(0, bytes.indexOf(key) + key.length + typeBytes)
    writeFileSync(join(folder, 'crashing.gguf'), bytes)
    const models = [
      modelEntry('missing', './later.gguf'),
      modelEntry('prose', './prose.gguf'),
      modelEntry('crashing', './crashing.gguf'),
      modelEntry('far', 'hf:somebody/something/model.gguf'),
    ]
    const fleet = `${LAPTOP.slice(0, LAPTOP.indexOf('models:'))}models:\n${models.join('')}`
    installation = await startInstallation({
      databaseUrl: (await cloneDatabase()).url,
      environment: {
        SPILLWAY_FLEET: fleetFile('models.yaml', fleet),
        HF_ENDPOINT: 'http://127.0.0.1:9',
      },
    })
    seen = observe(installation)
  }, 120_000)
  afterAll(() => installation.stop())

  test('missing weights: the start, the deployment, the catalog and the refusal name the file', async () => {
    const want = `There is no file ${join(folder, 'later.gguf')}`
    expect(installation.output()).toContain(`! missing: ${want}`)
    const { text } = await replicaOf(seen, 'missing', ({ state }) => state === 'backing_off')
    expect(text).toContain(want)
    const card = await seen.buyer.getModel({ params: { id: 'missing' } })
    expect(card).toMatchObject({ state: 'unavailable', stateText: text })
    const answer = await chat(installation, { model: 'missing' })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      error: { code: 'model_not_ready', message: expect.stringContaining(want) as string },
    })
  })

  test('weights that are no model say so, and are not handed to llama.cpp', async () => {
    const { text, leaseId } = await replicaOf(seen, 'prose', ({ state }) => state === 'backing_off')
    expect(text).toMatch(/prose\.gguf: Not a model file/)
    expect(leaseId).toBeNull()
  })

  test('a hub that cannot be reached: the toy stands in, and log, deployment and catalog say so', async () => {
    const { text } = await replicaOf(seen, 'far', ({ state }) => state === 'ready')
    expect(text).toMatch(
      /^A toy stands in for hf:somebody\/something\/model\.gguf, because .*127\.0\.0\.1:9/,
    )
    expect(installation.output()).toContain(`! far: ${text}`)
    expect(logOf(installation.dataDir)).toContain(
      'A toy stands in for hf:somebody/something/model.gguf',
    )
    const card = await seen.buyer.getModel({ params: { id: 'far' } })
    expect(card).toMatchObject({ isToy: true, state: 'ready' })
    expect(card.description).toContain('It stands in for hf:somebody/something/model.gguf')
    await untilTrue(async () => (await chat(installation, { model: 'far' })).status === 200)
  })

  test('a replica that crashes in a loop is started after pauses that double, and billed to nobody', async () => {
    const third = await replicaOf(seen, 'crashing', ({ crashes }) => crashes >= 3)
    const { items } = await seen.operator.listLeases({ query: { kind: 'serving', limit: 100 } })
    const attempts = items
      .filter(({ name }) => name === 'crashing replica 1')
      .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
    const pauses = attempts
      .slice(1)
      .map(
        (lease, index) => Date.parse(lease.createdAt) - Date.parse(attempts[index]?.endedAt ?? ''),
      )
    expect(pauses[0]).toBeGreaterThanOrEqual(1000)
    expect(pauses[1]).toBeGreaterThanOrEqual(2000)
    expect(third.text).toMatch(
      /Crashed \(.+\); crash 3 in a row\. Started again after a pause of 4 s\./,
    )
    expect(attempts.map(({ chargedUsd, heldUsd }) => [chargedUsd, heldUsd])).toEqual(
      attempts.map(() => ['0', '0']),
    )
    const { rows } = await seen.operator.getUsage()
    expect(rows).toEqual([])
  })

  test('everything else works meanwhile, and a file that appears is served', async () => {
    const lease = await seen.buyer.createLease({ body: { command: ['true'], tier: 'on_demand' } })
    expect(await untilLease(seen.buyer, lease.id, ({ state }) => state === 'ended')).toMatchObject({
      exitCode: 0,
    })
    copyFileSync(toy, join(folder, 'later.gguf'))
    await replicaOf(seen, 'missing', ({ state }) => state === 'ready')
    await untilTrue(async () => (await chat(installation, { model: 'missing' })).status === 200)
    expect(await findBroken(seen)).toEqual([])
  })
})

describe('a disk that takes no records', { timeout: 120_000 }, () => {
  const dataDir = join(folder, 'full')
  const journal = join(dataDir, 'journal')
  let isMounted = false
  let installation: TestInstallation | null = null

  beforeAll(() => {
    mkdirSync(journal, { recursive: true, mode: 0o700 })
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', journal], {
        stdio: 'ignore',
      })
      isMounted = true
    } catch {
      // Not permitted here; the test says so.
    }
  })
  afterAll(async () => {
    if (installation && isAlive(installation.pid)) process.kill(installation.pid, 'SIGTERM')
    await untilTrue(() => !installation || !isAlive(installation.pid), { timeoutMs: 30_000 })
    if (isMounted) execFileSync('umount', ['-l', journal])
    await installation?.stop()
  })

  test('refuses tokens as our fault, says so everywhere, loses nothing, and goes on when there is room', async (context) => {
    if (!isMounted) return context.skip('mounting a small disk is not permitted here')
    // given
    const { url } = await cloneDatabase()
    installation = await startInstallation({ databaseUrl: url, dataDir })
    const running = installation
    const seen = observe(running)
    await replicaOf(seen, 'toy', ({ state }) => state === 'ready')
    const lease = await seen.buyer.createLease({ body: { command: WORKING } })
    await untilLease(seen.buyer, lease.id, ({ state }) => state === 'running')
    let answered = 0
    const ask = async () => {
      const answer = await chat(running)
      const json = (await answer.json()) as {
        usage?: { completion_tokens: number }
        error?: { code: string }
      }
      answered += json.usage?.completion_tokens ?? 0
      return { status: answer.status, code: json.error?.code }
    }
    expect(await ask()).toEqual({ status: 200 })
    // when
    const filler = join(journal, 'filler')
    const fill = () => {
      try {
        for (;;) appendFileSync(filler, Buffer.alloc(1024))
      } catch {
        // Full.
      }
    }
    await untilTrue(async () => {
      fill()
      return (await ask()).status === 503
    })
    // then
    expect(await ask()).toEqual({ status: 503, code: 'service_unavailable' })
    const readiness = await fetch(`${running.url}/readyz`)
    expect(readiness.status).toBe(503)
    expect(await readiness.text()).toMatch(/cannot be recorded.*no space left/)
    expect((await seen.operator.getSystem()).gateway).toBe('unavailable')
    expect(running.output()).toMatch(/usage cannot be recorded, so new work is refused/)
    expect((await seen.buyer.getLease({ params: { id: lease.id } })).state).toBe('running')
    // when
    rmSync(filler)
    // then
    await untilTrue(async () => (await ask()).status === 200)
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
    await untilCharged(seen, { model: 'toy', tokens: answered })
    expect(await findBroken(seen)).toEqual([])
    await seen.buyer.stopLease({ params: { id: lease.id } })
    await untilLease(seen.buyer, lease.id, ({ state }) => state === 'ended')
  })
})

describe('an installation', { timeout: 120_000 }, () => {
  const dataDir = join(folder, 'installation')
  const fleet = fleetFile(
    'dear.yaml',
    LAPTOP.replace('spot: 0.90', 'spot: 36000').replace('notice: 10s', 'notice: 1s'),
  )
  let installation: TestInstallation
  let seen: ReturnType<typeof observe>

  async function start(): Promise<void> {
    installation = await startInstallation({ dataDir, environment: { SPILLWAY_FLEET: fleet } })
    seen = observe(installation)
    await replicaOf(seen, 'toy', ({ state }) => state === 'ready')
  }

  beforeAll(start, 120_000)
  afterAll(() => installation.stop())

  test('whose gateway is killed serves its port again, and bills what a stream delivered once', async () => {
    // given
    const upstream = await startSlowUpstream('slow')
    await seen.operator.createDeployment({
      body: {
        ...{ model: 'slow', upstreamUrl: upstream.url, upstreamModel: 'slow' },
        allowsPrivateNetwork: true,
      },
    })
    const [gateway = 0] = gatewaysOf(dataDir)
    const answer = await untilTrue(async () => {
      const response = await chat(installation, {
        model: 'slow',
        maxTokens: 600,
        isStream: true,
      })
      return response.ok ? response : null
    })
    const reader = answer.body?.getReader()
    let delivered = ''
    const read = async (): Promise<void> => {
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
        delivered += new TextDecoder().decode(piece.value)
    }
    const reading = read().catch(() => undefined)
    const wordsDelivered = () => delivered.match(/word\d+/g)?.length ?? 0
    await untilTrue(() => wordsDelivered() > 150)
    // when
    process.kill(gateway, 'SIGKILL')
    await reading
    // then
    await untilTrue(async () => (await chat(installation)).status === 200, { timeoutMs: 20_000 })
    expect(gatewaysOf(dataDir)).not.toContain(gateway)
    expect((await fetch(`${installation.url}/readyz`)).status).toBe(200)
    expect(logOf(dataDir)).toMatch(/the gateway died; starting another/)
    const charged = await untilTrue(() => tokensCharged(seen, 'slow'))
    expect(charged).toBeLessThanOrEqual(wordsDelivered())
    expect(charged).toBeGreaterThan(0)
    await untilCharged(seen, { model: 'slow', tokens: charged })
    expect(await findBroken(seen)).toEqual([])
    await upstream.close()
  })

  test('that is killed with garbage at the end of a journal charges all that was acknowledged, and reports the rest', async () => {
    const before = await tokensCharged(seen, 'toy')
    let acknowledged = 0
    for (let count = 0; count < 5; count++) {
      const answer = await chat(installation)
      acknowledged += ((await answer.json()) as { usage: { completion_tokens: number } }).usage
        .completion_tokens
    }
    const gateways = gatewaysOf(dataDir)
    // The gateway first: one whose server is gone would end its journal in order.
    for (const pid of gateways) process.kill(pid, 'SIGKILL')
    await installation.kill()
    await untilTrue(() => !gateways.some(isAlive))
    const segments = readdirSync(join(dataDir, 'journal')).map((name) =>
      join(dataDir, 'journal', name),
    )
    const [newest = ''] = segments.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    appendFileSync(newest, Buffer.from([0xff, 0x53, 0x4a, 0x01, 40, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]))
    await start()
    await untilCharged(seen, { model: 'toy', tokens: before + acknowledged })
    await untilTrue(() =>
      /15 bytes at the end of its journal were never acknowledged/.test(logOf(dataDir)),
    )
    expect(await findBroken(seen)).toEqual([])
  })

  test('that is stopped in order lets leases go on, ends the rest, and adopts them at the next start', async () => {
    // given
    const lease = await seen.buyer.createLease({
      body: { command: WORKING, tier: 'on_demand', graceMs: 100 },
    })
    const before = await untilLease(seen.buyer, lease.id, ({ state }) => state === 'running')
    const [postgres = ''] = readFileSync(
      join(dataDir, 'postgres/cluster/postmaster.pid'),
      'utf8',
    ).split('\n')
    const replica = await replicaOf(seen, 'toy', ({ state }) => state === 'ready')
    const replicasBefore = processesOf(join(dataDir, 'replicas'))
    // when
    process.kill(installation.pid, 'SIGINT')
    await untilTrue(() => !isAlive(installation.pid), { timeoutMs: 30_000 })
    // then
    expect(installation.output()).toMatch(/SIGINT: stopping\. Leases go on running/)
    expect(isAlive(Number(postgres))).toBe(false)
    expect(gatewaysOf(dataDir)).toEqual([])
    expect(replicasBefore.filter(isAlive)).toEqual([])
    if (process.platform === 'linux') expect(processesOf(lease.id).length).toBeGreaterThan(0)
    // when
    await start()
    // then
    expect(installation.output()).toContain('1 lease from before goes on')
    const adopted = await seen.buyer.getLease({ params: { id: lease.id } })
    expect(adopted).toMatchObject({ state: 'running', attempt: 1, startedAt: before.startedAt })
    expect((await replicaOf(seen, 'toy', ({ state }) => state === 'ready')).leaseId).not.toBe(
      replica.leaseId,
    )
    await seen.buyer.stopLease({ params: { id: lease.id } })
    const ended = await untilLease(seen.buyer, lease.id, ({ state }) => state === 'ended')
    expect(ended.gpuMs).toBe(Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt ?? ''))
    expect(await findBroken(seen)).toEqual([])
  })
})

test(
  'a lease whose balance runs out gets its notice while its hold still pays, and no balance gets negative',
  { timeout: 120_000 },
  async () => {
    // given
    const fleet = LAPTOP.replace('spot: 0.90', 'spot: 36000').replace('notice: 10s', 'notice: 1s')
    const { db, url } = await cloneDatabase()
    const installation = await startInstallation({
      databaseUrl: url,
      environment: { SPILLWAY_FLEET: fleetFile('exhausted.yaml', fleet) },
    })
    const { operator } = observe(installation)
    const { organization, apiKey } = await operator.createOrganization({
      body: { name: 'short of money' },
    })
    await operator.grantCredit({ params: { id: organization.id }, body: { amountUsd: '6200' } })
    const buyer = createClient({ url: installation.url, credential: apiKey })
    const lease = await buyer.createLease({ body: { command: WORKING, graceMs: 200 } })
    await untilLease(buyer, lease.id, ({ state }) => state === 'running')
    // when: other work of the organization takes what the lease has not used yet, but for 20 seconds and the tail.
    await db.transaction().execute(async (tx) => {
      const [hold] = (await listOpenHolds(tx, 'lease')).filter(
        (each) => each.reference === lease.id,
      )
      await setHold(tx, { holdId: hold?.holdId ?? '', amount: money('200') })
      const { available } = await getBalance(tx, organization.id)
      const other = {
        purpose: 'gateway',
        reference: 'other work',
        now: new Date(),
        ids: idSource(Date.now),
      } as const
      await createHold(tx, {
        ...other,
        organizationId: organization.id,
        amount: available,
      })
    })
    // then
    const noticed = await untilLease(buyer, lease.id, ({ state }) => state === 'reclaiming')
    expect(Number(noticed.heldUsd)).toBeGreaterThan(10 * (1 + 0.2))
    const ended = await untilLease(buyer, lease.id, ({ state }) => state === 'ended')
    expect(ended).toMatchObject({ endReason: 'balance_exhausted', exitSignal: 'SIGKILL' })
    expect(Date.parse(ended.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(noticed.stopAt ?? ''))
    const { items: facts } = await buyer.listLeaseFacts({ params: { id: lease.id } })
    expect(facts.find(({ type }) => type === 'lease.notice_given')?.data).toMatchObject({
      reason: 'balance_exhausted',
    })
    expect(Number(ended.chargedUsd)).toBe(ended.gpuMs / 100)
    const balance = await buyer.getBalance()
    expect(Number(balance.balanceUsd)).toBe(6200 - ended.gpuMs / 100)
    expect(Number(balance.availableUsd)).toBeGreaterThanOrEqual(0)
    expect((await operator.getBooks()).overrunUsd).toBe('0')
    expect(await findBroken({ operator, buyer })).toEqual([])
    await installation.stop()
  },
)
