/** Looking for weights, with a hub that is a real HTTP server and a disk that is a real folder. */
import {
  copyFile,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TOY_NAME } from '../toy/index.ts'
import { renderToy } from '../toy/model.ts'
import { measure } from '../toy/statistics.ts'
import { readTexts } from '../toy/toy.ts'
import { type HubSimulator, sha256Of, startHub } from './hub-simulator.ts'
import type { Progress } from './outcome.ts'
import { type WeightsPlaces, type WeightsWish, resolveWeights } from './resolve.ts'

const TEXTS_FOLDER = new URL('../../../../../../examples/texts', import.meta.url).pathname
const REFERENCE = 'hf:old/things/small/thing.gguf'

let model: Buffer
let folder = ''
let hub: HubSimulator

beforeAll(async () => {
  model = renderToy(measure(await readTexts(TEXTS_FOLDER)))
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-weights-'))
  hub = await startHub(model)
})

afterEach(async () => {
  await hub.close()
  await rm(folder, { recursive: true })
})

function places(extra: Partial<WeightsPlaces> = {}): WeightsPlaces {
  return {
    baseFolder: folder,
    homeFolder: folder,
    textsFolder: TEXTS_FOLDER,
    modelsFolder: join(folder, 'models'),
    hubUrl: hub.url,
    hubToken: null,
    retryWaitMs: 1,
    ...extra,
  }
}

const resolve = (
  reference: string | null,
  wish: Partial<WeightsWish> = {},
  extra: Partial<WeightsPlaces> = {},
) => resolveWeights({ reference, ...wish }, places(extra))

const contents = () => hub.seen.filter(({ server }) => server === 'content')

describe('weights that are not of a hub', () => {
  test('are the toy when none are named', async () => {
    expect(await resolve(null)).toMatchObject({
      kind: 'ready',
      source: 'toy',
      header: { name: TOY_NAME },
    })
  })

  test('are a file, relative to the fleet file', async () => {
    const path = join(folder, 'model.gguf')
    await writeFile(path, model)
    expect(await resolve('./model.gguf')).toMatchObject({
      kind: 'ready',
      source: 'file',
      path,
      bytes: model.length,
    })
    expect(await resolve('~/model.gguf', { sha256: sha256Of(model) })).toMatchObject({
      kind: 'ready',
      path,
    })
  })

  test('are refused, each in words, when they are missing, broken, not what was pinned, or nonsense', async () => {
    await writeFile(join(folder, 'model.gguf'), model)
    await copyFile(join(folder, 'model.gguf'), join(folder, 'cut.gguf'))
    await truncate(join(folder, 'cut.gguf'), 1_000_000)
    expect(await resolve('none.gguf')).toMatchObject({
      kind: 'not_found',
      text: /There is no file .*none\.gguf/,
    })
    expect(await resolve('cut.gguf')).toMatchObject({ kind: 'not_a_model', text: /cut off/ })
    expect(await resolve('https://a.b/c.gguf')).toMatchObject({ kind: 'invalid_reference' })
    expect(await resolve('model.gguf', { sha256: '0'.repeat(64) })).toMatchObject({
      kind: 'checksum_mismatch',
      wanted: '0'.repeat(64),
      found: sha256Of(model),
    })
  })
})

describe('weights of a hub', () => {
  test('are loaded, checked and kept under their checksum, with progress', async () => {
    const progress: Progress[] = []

    const outcome = await resolve(REFERENCE, { onProgress: (step) => progress.push(step) })

    const path = join(folder, 'models', `${sha256Of(model)}.gguf`)
    expect(outcome).toMatchObject({ kind: 'ready', source: 'hub', path, sha256: sha256Of(model) })
    expect((await readFile(path)).equals(model)).toBe(true)
    expect(progress.at(-1)).toEqual({ bytesDone: model.length, bytesTotal: model.length })
    expect(await readdir(join(folder, 'models', 'parts'))).toEqual([])
  })

  test('are not asked for again, even when the hub is gone', async () => {
    const first = await resolve(REFERENCE)
    await hub.close()
    expect(await resolve(REFERENCE)).toEqual(first)
    hub = await startHub(model)
  })

  test('are not loaded twice under two names, nor by two callers at once', async () => {
    const [first, alongside] = await Promise.all([resolve(REFERENCE), resolve(REFERENCE)])
    const other = await resolve('hf:old/things/copy.gguf')
    expect(alongside).toEqual(first)
    expect(other).toEqual(first)
    expect(contents()).toHaveLength(1)
  })

  test('are taken up where a cut connection left them', async () => {
    hub.behaviour.cuts = [300_000, 200_000]

    const outcome = await resolve(REFERENCE)

    expect(outcome).toMatchObject({ kind: 'ready', sha256: sha256Of(model) })
    const ranges = contents().map(({ range }) => range)
    expect(ranges).toHaveLength(3)
    expect(ranges[0]).toBeNull()
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/)
  })

  test('are taken up by the next start after the last one gave up', async () => {
    // given a first start whose connection is cut until it gives up
    hub.behaviour.cuts = [500_000, 0, 0, 0, 0]
    expect(await resolve(REFERENCE)).toMatchObject({ kind: 'unreachable' })
    const [part = ''] = await readdir(join(folder, 'models', 'parts'))
    const { size } = await stat(join(folder, 'models', 'parts', part))
    expect(size).toBeGreaterThan(0)

    // when the next one asks again
    const outcome = await resolve(REFERENCE)

    // then it continues
    expect(outcome).toMatchObject({ kind: 'ready', sha256: sha256Of(model) })
    expect(contents().at(-1)?.range).toBe(`bytes=${size}-`)
  })

  test('begin again when they changed on the hub meanwhile', async () => {
    hub.behaviour.cuts = [500_000, 0, 0, 0, 0]
    expect(await resolve(REFERENCE)).toMatchObject({ kind: 'unreachable' })
    const changed = Buffer.concat([model, Buffer.alloc(32)])
    hub.behaviour.bytes = changed

    expect(await resolve(REFERENCE)).toMatchObject({ kind: 'ready', sha256: sha256Of(changed) })
  })

  test('begin again when the content server cannot continue', async () => {
    hub.behaviour.ignoresRange = true
    hub.behaviour.cuts = [500_000]
    expect(await resolve(REFERENCE)).toMatchObject({ kind: 'ready', sha256: sha256Of(model) })
  })

  test('are loaded without a checksum when the hub has none', async () => {
    hub.behaviour.sha256 = null
    hub.behaviour.cuts = [100_000]
    expect(await resolve(REFERENCE)).toMatchObject({ kind: 'ready', sha256: sha256Of(model) })
  })

  test('are followed to a renamed repository', async () => {
    hub.behaviour.isRenamed = true
    expect(await resolve(REFERENCE)).toMatchObject({ kind: 'ready' })
  })

  test('are asked for with the token, which the content server never sees', async () => {
    await resolve(REFERENCE, {}, { hubToken: 'secret' })
    const authorizations = (server: string) =>
      hub.seen
        .filter((request) => request.server === server)
        .map((request) => request.authorization)
    expect(new Set(authorizations('hub'))).toEqual(new Set(['Bearer secret']))
    expect(authorizations('content')).toEqual([null])
  })

  test('are thrown away when their bytes are not what the hub promised', async () => {
    const promised = sha256Of(Buffer.from('something else'))
    hub.behaviour.sha256 = promised

    const outcome = await resolve(REFERENCE)

    expect(outcome).toMatchObject({
      kind: 'checksum_mismatch',
      wanted: promised,
      found: sha256Of(model),
    })
    expect(await readdir(join(folder, 'models', 'parts'))).toEqual([])
    expect(await readdir(join(folder, 'models'))).toEqual(['parts'])
  })

  test('are not even loaded when the hub has others than the fleet file wants', async () => {
    const outcome = await resolve(REFERENCE, { sha256: '0'.repeat(64) })
    expect(outcome).toMatchObject({ kind: 'checksum_mismatch', found: sha256Of(model) })
    expect(contents()).toEqual([])
  })

  test('are refused when they are no model', async () => {
    hub.behaviour.bytes = Buffer.from('<html>not a model</html>')
    expect(await resolve(REFERENCE)).toMatchObject({
      kind: 'not_a_model',
      text: /does not begin with GGUF/,
    })
    expect(await readdir(join(folder, 'models'))).toEqual(['parts'])
  })

  test('are refused before the first byte when the disk is too full for them', async () => {
    const outcome = await resolve(REFERENCE, {}, { bytesFree: async () => 1_000_000 })
    expect(outcome).toMatchObject({
      kind: 'disk_full',
      bytesNeeded: model.length,
      bytesFree: 1_000_000,
      text: /1\.0 MB free/,
    })
    expect(contents()).toEqual([])
  })

  test.each([
    ['does not exist', 404, {}, 'not_found'],
    ['hides as one that must not be seen', 401, { 'x-error-code': 'RepoNotFound' }, 'not_found'],
    [
      'is for those who accepted a licence',
      403,
      { 'x-error-message': 'Access is restricted' },
      'access_denied',
    ],
    ['stands on a hub with troubles', 503, {}, 'unreachable'],
  ])('that %s are a typed outcome', async (_, status, headers, want) => {
    hub.behaviour.refusal = { status, headers }
    expect(await resolve(REFERENCE)).toMatchObject({ kind: want })
  })

  test('are unreachable when nobody listens', async () => {
    const { url } = hub
    await hub.close()
    expect(await resolve(REFERENCE, {}, { hubUrl: url })).toMatchObject({
      kind: 'unreachable',
      text: /127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/,
    })
    hub = await startHub(model)
  })

  test('stop loading when they are cancelled, and keep what came', async () => {
    const cancelling = new AbortController()
    hub.behaviour.cuts = [400_000, 0, 0, 0, 0, 0]

    const outcome = await resolve(REFERENCE, {
      signal: cancelling.signal,
      onProgress: () => cancelling.abort(),
    })

    expect(outcome).toMatchObject({ kind: 'cancelled' })
    expect(await readdir(join(folder, 'models', 'parts'))).not.toEqual([])
  })
})
