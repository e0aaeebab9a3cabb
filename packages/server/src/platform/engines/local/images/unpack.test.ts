/** Layers of strangers: laid over each other as images mean it, and never a step out of the folder. */
import { mkdtemp, mkdir, readFile, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assert } from '#kernel/assert.ts'
import { look, partsOf } from './root-path.ts'
import { type ArchiveEntry, archiveOf } from './testing/tar-archive.ts'
import { ImageRoot } from './unpack.ts'

const BOUNDS = { bytesMax: 2 ** 20, entriesMax: 100 }

let home: string
let root: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'spillway-unpack-'))
  root = join(home, 'root')
  await mkdir(root)
  await writeFile(join(home, 'outside'), 'untouched')
})
afterEach(async () => {
  const beside = (await readdir(home)).filter((name) => !name.startsWith('layer-'))
  const text = await readFile(join(home, 'outside'), 'utf8')
  await rm(home, { recursive: true })
  assert(text === 'untouched' && beside.join() === 'outside,root', 'something left the root')
})

async function unpack(...layers: readonly (readonly ArchiveEntry[] | Buffer)[]) {
  const image = new ImageRoot(root, BOUNDS)
  for (const [index, layer] of layers.entries()) {
    const path = join(home, `layer-${index}`)
    await writeFile(path, Buffer.isBuffer(layer) ? layer : archiveOf(layer))
    await image.add(path)
  }
  return image.unpacked
}

const text = (path: string) => readFile(join(root, path), 'utf8')
const isThere = async (path: string) => (await look(join(root, path))) !== null

test('layers lie over each other: files replace, folders merge, and dates stay', async () => {
  await unpack(
    [
      { path: './etc/', type: 'Directory' },
      { path: './etc/a', content: 'old' },
      { path: 'etc/b', content: 'b' },
      { path: 'thing', content: 'a file' },
    ],
    [
      { path: 'etc/a', content: 'new' },
      { path: 'thing/inside', content: 'now a folder' },
    ],
  )
  expect(await text('etc/a')).toBe('new')
  expect(await text('etc/b')).toBe('b')
  expect(await text('thing/inside')).toBe('now a folder')
  expect((await stat(join(root, 'etc/b'))).mtimeMs).toBe(1e12)
})

test('gzip, zstd and plain layers are told by their bytes', async () => {
  const layer = (name: string) => archiveOf([{ path: name, content: name }])
  await unpack(gzipSync(layer('one')), zstdCompressSync(layer('two')), layer('three'))
  expect(await readdir(root)).toEqual(['one', 'three', 'two'])
})

describe('whiteouts', () => {
  test('remove what lower layers had, and nothing of their own layer', async () => {
    await unpack(
      [
        { path: 'a/x', content: '1' },
        { path: 'a/y', content: '1' },
        { path: 'b/x', content: '1' },
        { path: 'c/x', content: '1' },
      ],
      [
        { path: 'a/.wh.x' },
        { path: 'b/new', content: '2' },
        { path: 'b/.wh..wh..opq' },
        { path: '.wh.c' },
        { path: 'c/new', content: '2' },
        { path: 'd/.wh..wh.plnk', content: '' },
      ],
    )
    expect(await readdir(join(root, 'a'))).toEqual(['y'])
    expect(await readdir(join(root, 'b'))).toEqual(['new'])
    expect(await readdir(join(root, 'c'))).toEqual(['new'])
  })

  test('hide the lower part of a folder that their own layer has made anew before them', async () => {
    await unpack(
      [{ path: 'c/old', content: '1' }],
      [{ path: 'c/new', content: '2' }, { path: '.wh.c' }],
    )
    expect(await readdir(join(root, 'c'))).toEqual(['new'])
  })

  test.each(['.wh...', '.wh..', '.wh.', 'a/.wh...'])(
    'do not remove what is above: %s',
    async (path) => {
      await expect(unpack([{ path }])).rejects.toThrow('which no layer may')
    },
  )
})

describe('nothing leaves the root', () => {
  test.each(['../outside', 'a/../../outside', '/../outside'])('by the path %s', async (path) => {
    await expect(unpack([{ path, content: 'evil' }])).rejects.toThrow('leads out of the image')
  })

  test('by an absolute path, which is meant from the root', async () => {
    await unpack([{ path: '/etc/passwd', content: 'theirs' }])
    expect(await text('etc/passwd')).toBe('theirs')
  })

  test('by writing through links, absolute, relative or in a chain', async () => {
    await unpack([
      { path: 'absolute', type: 'SymbolicLink', linkpath: home },
      { path: 'absolute/outside', content: 'evil' },
      { path: 'up', type: 'SymbolicLink', linkpath: '../../../../../..' },
      { path: `up${home}/outside`, content: 'evil' },
      { path: 'one', type: 'SymbolicLink', linkpath: 'two/..' },
      { path: 'two', type: 'SymbolicLink', linkpath: '..' },
      { path: 'one/outside', content: 'evil' },
      { path: 'direct', type: 'SymbolicLink', linkpath: join(home, 'outside') },
      { path: 'direct', content: 'evil' },
    ])
    expect(await text('outside')).toBe('evil')
    expect(await text(join(home, 'outside').slice(1))).toBe('evil')
    expect(await text('direct')).toBe('evil')
  })

  test('by links that a later layer writes, whites out or links through', async () => {
    await unpack(
      [{ path: 'way', type: 'SymbolicLink', linkpath: home }],
      [{ path: 'way/.wh.outside' }, { path: 'way/.wh..wh..opq' }],
    )
    await expect(
      unpack([
        { path: 'way', type: 'SymbolicLink', linkpath: home },
        { path: 'stolen', type: 'Link', linkpath: 'way/outside' },
      ]),
    ).rejects.toThrow('not in the image')
  })

  test.each(['../outside', '/nowhere', 'missing', ''])('by a hard link to %s', async (linkpath) => {
    const entry = { path: 'stolen', type: 'Link', linkpath } as const
    await expect(unpack([entry])).rejects.toThrow(/not in the image|leads out|required/)
    expect(await isThere('stolen')).toBe(false)
  })

  test('by links in a circle, which are refused', async () => {
    const circle = [
      { path: 'a', type: 'SymbolicLink', linkpath: 'b' },
      { path: 'b', type: 'SymbolicLink', linkpath: 'a' },
      { path: 'a/x', content: '' },
    ] as const
    await expect(unpack(circle)).rejects.toThrow('in a circle')
  })
})

test('hard links within the image hold, and links stay as they are written', async () => {
  await unpack([
    { path: 'lib/real', content: 'x' },
    { path: 'lib/same', type: 'Link', linkpath: 'lib/real' },
    { path: 'alias', type: 'SymbolicLink', linkpath: '/etc/shadow' },
    { path: 'same-alias', type: 'Link', linkpath: 'alias' },
  ])
  expect((await stat(join(root, 'lib/same'))).ino).toBe((await stat(join(root, 'lib/real'))).ino)
  expect(await readlink(join(root, 'same-alias'))).toBe('/etc/shadow')
})

test('devices and pipes are left out, set-uid bits dropped, and everything can be read', async () => {
  await unpack([
    { path: 'dev/mem', type: 'CharacterDevice' },
    { path: 'pipe', type: 'FIFO' },
    { path: 'bin/su', content: 'x', mode: 0o4711 },
    { path: 'etc/shadow', content: 'x', mode: 0o000 },
    { path: 'root/', type: 'Directory', mode: 0o2700 },
  ])
  const modeOf = async (path: string) => (await stat(join(root, path))).mode & 0o7777
  expect([await isThere('dev/mem'), await isThere('pipe')]).toEqual([false, false])
  expect([await modeOf('bin/su'), await modeOf('etc/shadow')]).toEqual([0o755, 0o644])
  expect(await modeOf('root')).toBe(0o755)
})

describe('bounds', () => {
  test('hold for what comes out, however small it came in', async () => {
    const bomb = gzipSync(archiveOf([{ path: 'zeros', content: Buffer.alloc(2 ** 21) }]))
    expect(bomb.length).toBeLessThan(2 ** 14)
    await expect(unpack(bomb)).rejects.toThrow('larger than 1 MiB')
  })

  test('hold for the number of files', async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ path: `f${index}` }))
    await expect(unpack(many)).rejects.toThrow('more than 100 files')
  })

  test('hold for depths', () => {
    expect(() => partsOf(Array(300).fill('d').join('/'))).toThrow('too deep')
  })
})

test('an archive that breaks off, or is none, is refused', async () => {
  const whole = archiveOf([{ path: 'a', content: Buffer.alloc(5000) }])
  await expect(unpack(whole.subarray(0, 3000))).rejects.toThrow('cannot be unpacked')
  await expect(unpack(gzipSync(whole).subarray(0, 40))).rejects.toThrow('cannot be unpacked')
  await expect(unpack(Buffer.alloc(2048, 'no archive'))).rejects.toThrow('cannot be unpacked')
})
