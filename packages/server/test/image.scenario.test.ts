/**
 * Leases that run from container images, through the real server: the image comes from a registry that speaks the real
 * protocol, what it takes to have it is in the timeline, and only the command's own time is paid for.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client, type Lease, ProblemError } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry } from '#platform/engines/local/images/testing/image-registry.ts'
import type { TestRegistry } from '#platform/engines/local/images/testing/image-registry.ts'
import { SHELL_CONFIG, shellLayers } from '#platform/engines/local/images/testing/shell-image.ts'
import { hasSandboxes } from '#platform/engines/local/testing/sandbox-presence.ts'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'
import { requirement } from './harness/requirement.ts'

const EXAMPLE = join(import.meta.dirname, '../../../examples/laptop.yaml')

describe.runIf(requirement('bubblewrap', await hasSandboxes()))('a lease with an image', () => {
  let databaseUrl: string
  let folder: string
  let registry: TestRegistry
  let installation: TestInstallation
  let buyer: Client

  const start = async (dataDir?: string) => {
    installation = await startInstallation({
      databaseUrl,
      environment: { SPILLWAY_FLEET: join(folder, 'fleet.yaml') },
      ...(dataDir === undefined ? {} : { dataDir }),
    })
    buyer = createClient({ url: installation.url, credential: installation.demoApiKey })
  }

  beforeAll(async () => {
    databaseUrl = (await cloneDatabase()).url
    folder = mkdtempSync(join(tmpdir(), 'spillway-images-'))
    registry = await startRegistry()
    const images = `images: { registries: ['${registry.name}'] }`
    const example = readFileSync(EXAMPLE, 'utf8')
    const shared = `shared: ['${join(process.execPath, '..')}']`
    const fleet = example
      .replace('isolation: none', `isolation: auto\n        ${images}\n        ${shared}`)
      .replace(/^models:[^]*?(?=^demo:)/m, '')
    writeFileSync(join(folder, 'fleet.yaml'), fleet)
    await start()
  })

  afterAll(async () => {
    await installation.stop()
    await registry.stop()
    rmSync(folder, { recursive: true })
  })

  const named = (repository: string) => `${registry.name}/${repository}`

  function run(image: string, command: readonly string[]): Promise<Lease> {
    return buyer.createLease({
      body: { image, command: [...command], graceMs: 0 },
      idempotencyKey: crypto.randomUUID(),
    })
  }

  function until(id: string, state: Lease['state']): Promise<Lease> {
    return untilTrue(
      async () => {
        const lease = await buyer.getLease({ params: { id } })
        return lease.state === state ? lease : null
      },
      { timeoutMs: 60_000, what: `${id} is ${state}` },
    )
  }

  const facts = async (id: string) => (await buyer.listLeaseFacts({ params: { id } })).items

  test('runs from it, and says in its timeline what it took to have it', async () => {
    const digest = registry.publish('team/shell', { layers: shellLayers(), config: SHELL_CONFIG })
    const { id } = await run(named('team/shell'), ['hello', 'you'])
    const ended = await until(id, 'ended')
    expect(ended).toMatchObject({
      ...{ endReason: 'exited', exitCode: 0, image: named('team/shell') },
      imageDigest: digest,
    })
    expect(await (await buyer.getLeaseLogs({ params: { id } })).text()).toContain(
      'hello you from /app',
    )
    const ready = (await facts(id)).find(({ type }) => type === 'lease.image_ready')
    expect(ready?.text).toMatch(/is sha256:\w+: \d+ MiB loaded, \d+ MiB unpacked/)
    expect(ready?.data).toMatchObject({ digest })
  })

  test('that does not exist ends with the reason, and nothing is billed', async () => {
    const { id } = await run(named('team/none'), ['true'])
    const ended = await until(id, 'ended')
    expect(ended).toMatchObject({
      ...{ endReason: 'start_failed', startedAt: null, gpuMs: 0 },
      ...{ chargedUsd: '0', heldUsd: '0', imageDigest: null },
    })
    const last = (await facts(id)).findLast(({ type }) => type === 'lease.ended')
    expect(last?.text).toContain('has no such image')
  })

  test('that comes slowly is loaded once more after a crash, is told, and is not billed for the wait', async () => {
    registry.publish('team/slow', { layers: shellLayers(), config: SHELL_CONFIG })
    registry.faults.isHanging = true
    const { id } = await run(named('team/slow'), ['hello', 'again'])
    await until(id, 'starting')
    await untilTrue(() => registry.asked.includes('/v2/team/slow/manifests/latest'))
    await installation.kill()
    registry.faults.isHanging = false
    await start(installation.dataDir)
    const ended = await until(id, 'ended')
    expect(ended).toMatchObject({ endReason: 'exited', exitCode: 0 })
    expect((await facts(id)).filter(({ type }) => type === 'lease.started')).toHaveLength(1)
  })

  test('that is private comes by the login of the organization, which nothing shows again, and opens to nobody else', async () => {
    const password = 'ghp_a-token-of-the-registry'
    registry.faults.login = `ada:${password}`
    const config = { ...SHELL_CONFIG, Env: [...SHELL_CONFIG.Env, 'OWNED=yes'] }
    registry.publish('team/private', { layers: shellLayers(), config })
    const image = named('team/private')
    const why = async (id: string) =>
      (await facts(id)).findLast(({ type }) => type === 'lease.ended')?.text
    const before = await run(image, ['hello', 'you'])
    await until(before.id, 'ended')
    expect(await why(before.id)).toContain('without a login')
    // when
    const body = { registry: registry.name, username: 'ada', password }
    const kept = await buyer.loginRegistry({ body })
    const { id } = await run(image, ['hello', 'you'])
    const ended = await until(id, 'ended')
    // then
    expect(ended).toMatchObject({ endReason: 'exited', exitCode: 0 })
    const operator = createClient({ url: installation.url, credential: installation.operatorToken })
    const told = [
      await buyer.listRegistries(),
      kept,
      ended,
      await facts(id),
      await operator.listAuditEvents({ query: { limit: 1000 } }),
      await (await buyer.getLeaseLogs({ params: { id } })).text(),
      installation.output(),
      readFileSync(join(installation.dataDir, 'server.log'), 'utf8'),
    ]
    expect(JSON.stringify(told)).not.toContain(password)
    expect(JSON.stringify(told)).not.toContain(Buffer.from(`ada:${password}`).toString('base64'))
    const stranger = createClient({
      url: installation.url,
      credential: (await operator.createOrganization({ body: { name: 'stranger' } })).apiKey,
    })
    expect((await stranger.listRegistries()).items).toEqual([])
    await expect(
      stranger.logoutRegistry({ params: { registry: registry.name } }),
    ).rejects.toMatchObject({ problem: { code: 'registry.not_found' } })
    await buyer.logoutRegistry({ params: { registry: registry.name } })
    const after = await run(`${image}@${ended.imageDigest}`, ['hello', 'you'])
    await until(after.id, 'ended')
    expect(await why(after.id)).toContain('without a login')
    delete registry.faults.login
  })

  test('is stopped while its image has not come', async () => {
    registry.faults.isHanging = true
    const { id } = await run(named('team/never'), ['true'])
    await until(id, 'starting')
    await buyer.stopLease({ params: { id } })
    expect(await until(id, 'ended')).toMatchObject({ endReason: 'stopped', gpuMs: 0 })
    registry.faults.isHanging = false
  })

  test.each([
    'docker.io/library/ubuntu',
    'ubuntu',
    '127.0.0.1:1/a',
    '169.254.169.254/a',
    'NO image',
  ])('of a registry that the operator did not name is refused: %s', async (image) => {
    const refusal = run(image, ['true'])
    await expect(refusal).rejects.toBeInstanceOf(ProblemError)
    await expect(refusal).rejects.toMatchObject({ problem: { code: 'lease.image_refused' } })
  })

  test('needs no command of its own, and without an image there must be one', async () => {
    const config = { ...SHELL_CONFIG, Cmd: ['hello', 'everybody'] }
    registry.publish('team/own', { layers: shellLayers(), config })
    const { id } = await run(named('team/own'), [])
    expect(await until(id, 'ended')).toMatchObject({ endReason: 'exited', exitCode: 0 })
    await expect(
      buyer.createLease({ body: { command: [] }, idempotencyKey: crypto.randomUUID() }),
    ).rejects.toMatchObject({ problem: { code: 'request.invalid' } })
  })
})
