/** Attempts that run from an image: pulled by the real protocol, kept apart like all others, and clear when it fails. */
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import type { Admission, Engine, ImageState } from '#platform/engines/engine.ts'
import { admissionOf, readLog, untilGone, untilLogged } from '#platform/engines/testing/bench.ts'
import { attach, type } from '#platform/engines/testing/terminal-line.ts'
import { until } from '#platform/engines/testing/until.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { makeLocalBench, openLocalEngine } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'
import { startRegistry } from './testing/image-registry.ts'
import type { TestRegistry } from './testing/image-registry.ts'
import { SHELL_CONFIG, shellLayers } from './testing/shell-image.ts'
import { archiveOf } from './testing/tar-archive.ts'

const layers = shellLayers()
const GIB = 2 ** 30

describe.runIf(requirement('bubblewrap', await hasSandboxes()))('an attempt with an image', () => {
  let registry: TestRegistry
  let bench: LocalBench
  let engine: Engine
  const images = () => ({
    registries: [registry.name],
    imageBytesMax: GIB,
    storeBytesMax: 2 * GIB,
  })
  beforeEach(async () => {
    registry = await startRegistry()
    bench = await makeLocalBench('customer', { images: images() })
    engine = bench.engine
  })
  afterEach(async () => {
    await bench.dispose()
    await registry.stop()
  })

  const named = (repository: string) => `${registry.name}/${repository}`
  const prepare = (reference: string, digest: string | null = null, on = engine) =>
    on.prepareImage?.({ reference, digest }) ?? Promise.reject(new Error('no images'))

  function outcome(
    reference: string,
    on = engine,
  ): Promise<Exclude<ImageState, { kind: 'pulling' }>> {
    return until(`${reference} is there or cannot be`, async () => {
      const state = await prepare(reference, null, on)
      return state.kind !== 'pulling' && state
    })
  }

  async function ready(reference: string) {
    const state = await outcome(reference)
    if (state.kind !== 'ready') throw new Error(state.text)
    return { reference, digest: state.digest }
  }

  async function failure(reference: string): Promise<string> {
    const state = await outcome(reference)
    return state.kind === 'failed' ? state.text : 'it is ready'
  }

  async function run(changes: Partial<Admission>): Promise<string> {
    await engine.admit(admissionOf(bench, changes))
    const gone = await untilGone(engine, changes.attemptId)
    return gone.how === 'start_failed' ? gone.text : readLog(engine, changes.attemptId)
  }

  test('runs in the image’s root, with its variables and folder, in a sandbox as ever', async () => {
    const digest = registry.publish('team/shell', { layers, config: SHELL_CONFIG, tag: 'v1' })
    const image = await ready(named('team/shell:v1'))
    expect(image.digest).toBe(digest)
    const source = `hello you; cat /etc/os-release; echo $HOME; ls / /home/lease; id -u
      touch /app/x /home/lease/mine; ls -d /usr /work /root`
    const log = await run({ image, command: ['sh', '-c', source] })
    expect(log).toContain('hello you from /app, bonjour\nNAME=made-for-a-test\n/home/lease\n')
    expect(log).toMatch(/touch: cannot touch '\/app\/x': Read-only file system/)
    expect(log).toMatch(/cannot access '\/usr'/)
    expect(await stat(join(bench.directory, 'att_1', 'work', 'mine'))).toBeTruthy()
  })

  test('puts the lease’s words in the place of the image’s command, behind its entrypoint', async () => {
    const config = { ...SHELL_CONFIG, Entrypoint: ['hello'], Cmd: ['everybody'] }
    registry.publish('team/shell', { layers, config })
    const image = await ready(named('team/shell'))
    expect(await run({ image, attemptId: 'att_1', command: [] })).toContain('hello everybody')
    expect(await run({ image, attemptId: 'att_2', command: ['you'] })).toContain('hello you')
  })

  test('is noticed, stopped and carries files like any other', async () => {
    registry.publish('team/shell', { layers, config: SHELL_CONFIG })
    const image = await ready(named('team/shell'))
    const inputs = [{ path: 'in', url: 'data:,something' }]
    const command = [
      'sh',
      '-c',
      `trap 'echo noticed' USR1; cat in; echo up; while :; do sleep 0.05; done`,
    ]
    await engine.admit(admissionOf(bench, { image, command, inputs }))
    await untilLogged(engine, 'somethingup')
    await engine.notify('att_1', {
      action: 'stop',
      time: '2026-11-20T20:00:00Z',
      signal: 'SIGUSR1',
    })
    await untilLogged(engine, 'noticed')
    await engine.stop('att_1', 60_000)
    expect(await untilGone(engine)).toMatchObject({ exitSignal: 'SIGTERM' })
  })

  test('of the operator runs in a sandbox too', async () => {
    registry.publish('team/shell', { layers, config: SHELL_CONFIG })
    const image = await ready(named('team/shell'))
    const log = await run({ tenant: 'owner', image, command: ['ls', '/'] })
    expect(log).not.toContain('usr')
  })

  test('whose image leads its links where ours must be finds ours, and the machine is untouched', async () => {
    const links = archiveOf(
      ['etc', 'home', 'run', 'var', 'tmp'].map((path) => ({
        ...({ path, type: 'SymbolicLink', linkpath: `../oldroot${bench.home}` } as const),
      })),
    )
    registry.publish('team/links', {
      layers: [layers[0] ?? links, links],
      config: { Env: ['PATH=/bin'] },
    })
    const image = await ready(named('team/links'))
    const before = await readdir(bench.home)
    expect(await run({ image, command: ['ls', '/home', '/run'] })).toContain('spillway')
    expect(await readdir(bench.home)).toEqual(before)
  })

  test('has a terminal, reached by a relay that the image knows nothing of', async () => {
    registry.publish('team/shell', { layers, config: SHELL_CONFIG })
    const image = await ready(named('team/shell'))
    const service = { port: 0, basePath: '/', terminal: { idleLimitMs: null } }
    await engine.admit(admissionOf(bench, { image, command: ['sh'], service }))
    const address = await until('it has an address', () => engine.address('att_1'))
    const attached = present(await attach(address, address.token), 'a terminal')
    type(attached, 'cat /etc/os-release')
    await until('it has answered', () => attached.text().includes('made-for-a-test'))
  })

  test('is not obeyed by the programs that start it', async () => {
    const own = archiveOf([
      { path: 'etc/ld.so.preload', content: '/app/evil.so\n' },
      { path: 'etc/ssl/openssl.cnf', content: 'openssl_conf = nonsense\n[' },
      { path: 'package.json', content: '{' },
    ])
    const config = { Env: ['PATH=/bin', 'LD_PRELOAD=/none.so', 'NODE_OPTIONS=--nonsense'] }
    registry.publish('team/shell', { layers: [...layers, own], config })
    const image = await ready(named('team/shell'))
    const log = await run({ image, command: ['sh', '-c', 'ls /etc/ld.so.preload; echo ran'] })
    expect(log).toMatch(/cannot access '\/etc\/ld.so.preload'[^]*ran/)
    // A service has a relay of ours beside it, which its variables do not reach.
    expect(log).not.toContain('nonsense')
  })

  describe('that cannot be had says why', () => {
    test('because there is no such image, tag or digest', async () => {
      registry.publish('team/shell', { layers })
      expect(await failure(named('team/none'))).toContain('has no such image')
      expect(await failure(named('team/shell:v9'))).toContain('has no such image')
      const digest = `sha256:${'0'.repeat(64)}`
      expect(await failure(named(`team/shell@${digest}`))).toContain('has no such image')
    })

    test('because it is for other machines', async () => {
      registry.publish('team/other', { layers, architecture: 'riscv64' })
      expect(await failure(named('team/other'))).toMatch(
        /not made for linux\/\w+, only for linux\/riscv64/,
      )
    })

    test('because a part of it is not what its digest says', async () => {
      registry.faults.falseDigest = registry.publish('team/shell', { layers })
      expect(await failure(named('team/shell'))).toContain('is something else')
    })

    test.each([
      ['a place for tokens', false],
      ['a registry that asks by itself', true],
    ])(
      'because %s does not know who asks, and nobody else’s login opens it',
      async (_, isBasic) => {
        Object.assign(registry.faults, { login: 'ada:right', isBasic })
        const digest = registry.publish('team/shell', { layers, config: SHELL_CONFIG })
        const reference = named('team/shell')
        const ask = (password: string | null, wanted: string | null = null) =>
          until('it is over', async () => {
            const login = password === null ? {} : { login: { username: 'ada', password } }
            const state = await present(
              engine.prepareImage,
              'images',
            )({
              ...{ reference, digest: wanted },
              ...login,
            })
            return state.kind === 'pulling' ? null : state
          })
        expect(await ask(null)).toMatchObject({
          kind: 'failed',
          text: expect.stringContaining('without a login') as string,
        })
        const wrong = await ask('wrong-one')
        expect(wrong).toMatchObject({
          kind: 'failed',
          text: expect.stringContaining('the login of this organization') as string,
        })
        expect(JSON.stringify(wrong)).not.toContain('wrong-one')
        expect(await ask('right')).toMatchObject({ kind: 'ready', digest })
        // It is here now, and still nobody has it whom its registry does not let in: by tag or by digest.
        for (const wanted of [null, digest])
          for (const password of [null, 'wrong-one'])
            expect(await ask(password, wanted)).toMatchObject({ kind: 'failed' })
        expect(await ask('right', digest)).toMatchObject({ kind: 'ready', pulledBytes: 0 })
      },
    )

    test('because the registry wants the login at a place without TLS', async () => {
      Object.assign(registry.faults, { login: 'ada:right', realm: 'http://203.0.113.7/token' })
      registry.publish('team/shell', { layers })
      const state = await until('it is over', async () => {
        const login = { username: 'ada', password: 'right' }
        const wanted = { reference: named('team/shell'), digest: null, login }
        const seen = await present(engine.prepareImage, 'images')(wanted)
        return seen.kind === 'pulling' ? null : seen
      })
      expect(state).toMatchObject({ text: expect.stringContaining('without TLS') as string })
    })

    test('because it is too large', async () => {
      const small = { ...images(), imageBytesMax: 2 ** 16 }
      const narrow = openLocalEngine(bench.directory, { images: small })
      registry.publish('team/shell', { layers })
      expect(await outcome(named('team/shell'), narrow)).toMatchObject({
        text: expect.stringContaining('are allowed here'),
      })
    })

    test('because its registry is down, or takes questions and never answers', async () => {
      const impatient = openLocalEngine(bench.directory, { images: { ...images(), idleMs: 200 } })
      registry.faults.isHanging = true
      expect(await outcome(named('team/shell'), impatient)).toMatchObject({
        text: expect.stringContaining('did not answer within'),
      })
      await registry.stop()
      expect(await failure(named('team/away'))).toContain('refuses connections')
      registry = await startRegistry()
    })

    test('because its registry is none that the operator named', async () => {
      for (const reference of [
        'ubuntu',
        'localhost:1/a',
        '169.254.169.254/a',
        '10.0.0.1:5000/a',
        '/',
        '..',
      ])
        expect(await prepare(reference)).toMatchObject({
          kind: 'failed',
          text: expect.stringContaining('not allowed here'),
        })
    })

    test('because its registry sends on to a place in this house that the operator did not name', async () => {
      const inner = await startRegistry()
      registry.publish('team/shell', { layers })
      registry.faults.blobsAt = `http://${inner.name}`
      expect(await failure(named('team/shell'))).toContain('begin with https://')
      registry.faults.realm = `http://${inner.name}/token`
      expect(await failure(named('team/shell:other'))).toContain('begin with https://')
      expect(inner.asked).toEqual([])
      await inner.stop()
    })

    test('because it has no shell, or no loader, for the command', async () => {
      const own = archiveOf([{ path: 'bin/other', content: layers[0] ?? '', mode: 0o755 }])
      registry.publish('team/bare', { layers: [own], config: { Env: ['PATH=/bin'] } })
      const image = await ready(named('team/bare'))
      expect(await run({ image, command: ['sh', '-c', 'true'] })).toContain('sh: command not found')
      expect(await run({ image, command: [], attemptId: 'att_2' })).toContain('names no command')
    })

    test('because it was removed meanwhile', async () => {
      const image = { reference: named('team/shell'), digest: `sha256:${'0'.repeat(64)}` }
      expect(await run({ image, command: ['sh'] })).toContain('is not here any more')
    })
  })

  test('is pulled once, however many ask at once, and from then on not at all', async () => {
    registry.publish('team/shell', { layers })
    await Promise.all(Array.from({ length: 5 }, () => ready(named('team/shell'))))
    const blobs = registry.asked.filter((path) => path.startsWith('/elsewhere/'))
    expect(blobs).toHaveLength(3)
    const { digest } = await ready(named('team/shell'))
    await registry.stop()
    expect(await prepare(named('team/shell'), digest)).toMatchObject({
      kind: 'ready',
      pulledBytes: 0,
    })
    registry = await startRegistry()
  })

  test('does not tell its token to where blobs are sent on to', async () => {
    const store = await startRegistry()
    const both = { ...images(), registries: [registry.name, store.name] }
    const wide = openLocalEngine(bench.directory, { images: both })
    registry.publish('team/shell', { layers })
    store.publish('team/shell', { layers })
    registry.faults.blobsAt = `http://${store.name}`
    expect(await outcome(named('team/shell'), wide)).toMatchObject({ kind: 'ready' })
    expect(store.proofs).toEqual([undefined, undefined, undefined])
    await store.stop()
  })

  test('comes though its registry falters for a moment', async () => {
    registry.publish('team/shell', { layers })
    registry.faults.unavailable = 2
    expect(await outcome(named('team/shell'))).toMatchObject({ kind: 'ready' })
  })

  test('keeps its image while others make room, and leaves no half of one', async () => {
    const tight = { ...images(), storeBytesMax: 1 }
    const narrow = openLocalEngine(bench.directory, { images: tight })
    const first = registry.publish('team/one', { layers, config: SHELL_CONFIG })
    const image = await ready(named('team/one'))
    await engine.admit(
      admissionOf(bench, { image, command: ['sh', '-c', 'echo up; exec sleep 600'] }),
    )
    const folder = join(bench.directory, '.images')
    await writeFile(join(folder, 'part-1-1-1'), 'left by a process that is gone')
    for (const name of ['two', 'three']) {
      registry.publish(`team/${name}`, { layers: [archiveOf([{ path: name, content: name }])] })
      expect(await outcome(named(`team/${name}`), narrow)).toMatchObject({ kind: 'ready' })
    }
    const kept = () => readdir(folder)
    await until(
      'what nobody knows is gone',
      async () => !(await kept()).some((name) => name.startsWith('part')),
    )
    expect(await kept()).toContain(first.replace('sha256:', ''))
  })
})

test('without a sandbox there are no images', async () => {
  const bench = await makeLocalBench('customer', {
    isolation: 'none',
    images: { registries: ['ghcr.io'], imageBytesMax: GIB, storeBytesMax: GIB },
  })
  const [node] = await bench.engine.inventory()
  expect(node?.isolation?.registries).toBeUndefined()
  const image = { reference: 'ghcr.io/a/b', digest: `sha256:${'0'.repeat(64)}` }
  await bench.engine.admit(admissionOf(bench, { image, command: ['sh'] }))
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'start_failed' })
  await bench.dispose()
})
