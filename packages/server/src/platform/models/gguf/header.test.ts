/** What the header reader promises: our own files are read back, and nothing that is broken gets past it. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readGgufHeader } from './header.ts'
import { inspectGguf } from './inspect.ts'
import { type MetadataValue, renderGguf } from './write.ts'

type Entry = readonly [string, MetadataValue]

const METADATA: readonly Entry[] = [
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['general.name', { type: 'string', value: 'A small thing' }],
  ['general.license', { type: 'string', value: 'apache-2.0' }],
  ['llama.context_length', { type: 'uint32', value: 128 }],
  ['tokenizer.ggml.tokens', { type: 'strings', value: ['a', 'bc', ''] }],
  ['tokenizer.ggml.scores', { type: 'float32s', value: [0, 1, 2] }],
  ['tokenizer.ggml.token_type', { type: 'int32s', value: [1, 1, 3] }],
  ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
]
const TENSORS = [
  { name: 'token_embd.weight', shape: [4, 3], values: new Float16Array(12).fill(1) },
  { name: 'output_norm.weight', shape: [5], values: new Float32Array(5).fill(2) },
]

function file(metadata: readonly Entry[] = METADATA): Buffer {
  return renderGguf({ metadata, tensors: TENSORS })
}

function without(key: string): Buffer {
  return file(METADATA.filter(([name]) => name !== key))
}

describe('the header of a GGUF file', () => {
  test('is read back as it was written', () => {
    const bytes = file()

    const reading = readGgufHeader(bytes)

    expect(reading).toEqual({
      kind: 'header',
      header: {
        version: 3,
        architecture: 'llama',
        name: 'A small thing',
        licence: 'apache-2.0',
        contextTokens: 128,
        tensorCount: 2,
        parameterCount: 17,
        bytesExpected: bytes.length - 12, // The last tensor ends 12 bytes before the padding does.
      },
    })
  })

  test('is asked for again when the bytes end too early, wherever they end', () => {
    const bytes = file()
    const headerLength = bytes.indexOf('output_norm.weight') + 'output_norm.weight'.length + 24
    for (let length = 0; length < headerLength; length++)
      expect(readGgufHeader(bytes.subarray(0, length)).kind).toBe('more_needed')
    expect(readGgufHeader(bytes.subarray(0, headerLength)).kind).toBe('header')
  })

  test.each([
    ['that is something else', Buffer.from('<!DOCTYPE html><html>'), /does not begin with GGUF/],
    ['of an unknown version', patched(4, 99), /version 99/],
    ['in big-endian order', Buffer.from(file()).fill(3, 7, 8).fill(0, 4, 5), /version \d+ is not/],
    ['without an architecture', without('general.architecture'), /no architecture/],
    ['without a context length', without('llama.context_length'), /no context length/],
    ['without a vocabulary', without('tokenizer.ggml.tokens'), /no vocabulary/],
    [
      'that is one part of several',
      file([...METADATA, ['split.count', { type: 'uint32', value: 4 }]]),
      /one of 4 parts/,
    ],
  ])('is refused in a file %s', (_, bytes, want) => {
    expect(readGgufHeader(bytes)).toEqual({ kind: 'refused', text: expect.stringMatching(want) })
  })

  test('never makes the reader throw, whatever the bytes', () => {
    const bytes = file()
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 16 }),
        (at, noise) => {
          const broken = Buffer.from(bytes)
          broken.set(noise.subarray(0, broken.length - at), at)
          expect(['header', 'more_needed', 'refused']).toContain(readGgufHeader(broken).kind)
        },
      ),
    )
  })
})

describe('the inspection of a file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-gguf-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('accepts a whole file', async () => {
    const path = join(folder, 'whole.gguf')
    await writeFile(path, file())
    expect(await inspectGguf(path)).toMatchObject({ kind: 'model', bytes: file().length })
  })

  test('refuses a file whose tensors are cut off', async () => {
    const path = join(folder, 'cut.gguf')
    await writeFile(path, file())
    await truncate(path, file().length - 32)
    expect(await inspectGguf(path)).toMatchObject({ kind: 'refused', text: /cut off/ })
  })

  test('refuses a file that is cut off within its header', async () => {
    const path = join(folder, 'short.gguf')
    await writeFile(path, file().subarray(0, 100))
    expect(await inspectGguf(path)).toMatchObject({ kind: 'refused', text: /within its header/ })
  })

  test('says that there is no file, or no file but a folder', async () => {
    expect(await inspectGguf(join(folder, 'none.gguf'))).toMatchObject({ kind: 'missing' })
    expect(await inspectGguf(folder)).toMatchObject({ kind: 'missing', text: /not a file/ })
  })
})

function patched(offset: number, value: number): Buffer {
  const bytes = file()
  bytes.writeUInt32LE(value, offset)
  return bytes
}
