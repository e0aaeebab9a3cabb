/** What the toy promises before any engine runs it; `processes/replica.test.ts` hears it speak. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectGguf } from '../gguf/inspect.ts'
import { TOY_CONTEXT_TOKENS, TOY_NAME } from './metadata.ts'
import { renderToy } from './model.ts'
import { ANSWER, END, measure } from './statistics.ts'
import { ensureToyModel, readTexts } from './toy.ts'
import { readText } from './words.ts'

const TEXTS_FOLDER = new URL('../../../../../../examples/texts', import.meta.url).pathname

describe('reading a text', () => {
  test('takes words and marks of paragraphs, and leaves headings out', () => {
    const text = readText('a.md', '# The sea\n\nThe sea is calm,\nand cold.\n\n\nNobody sleeps.\n')
    expect(text.paragraphs).toEqual([
      ['The', 'sea', 'is', 'calm', ',', 'and', 'cold', '.'],
      ['Nobody', 'sleeps', '.'],
    ])
  })
})

describe('the statistics', () => {
  const statistics = measure([
    readText('a.md', 'The sea is calm. Nobody sleeps.\n\nThe sea is cold.'),
    readText('b.md', 'The hall is warm.'),
  ])

  test('count what follows, with sentences that begin and paragraphs that end', () => {
    expect(statistics.followers.get('is')).toEqual(
      new Map([
        ['calm', 1],
        ['cold', 1],
        ['warm', 1],
      ]),
    )
    expect(statistics.followers.get(ANSWER)).toEqual(
      new Map([
        ['The', 3],
        ['Nobody', 1],
      ]),
    )
    expect(statistics.followers.get('.')).toEqual(
      new Map([
        ['Nobody', 1],
        [END, 3],
      ]),
    )
  })

  test('know a word in lower case even when it only ever begins sentences', () => {
    expect(statistics.words).toContain('nobody')
    expect(statistics.followers.get('nobody')).toEqual(statistics.followers.get('Nobody'))
  })

  test('tell a word of one text from a word of all texts', () => {
    const distance = (word: string) => Math.abs(statistics.topics.get(word)?.[0] ?? 0)
    expect(distance('sea')).toBeGreaterThan(distance('is'))
  })
})

describe('the toy', () => {
  let modelsFolder = ''
  beforeAll(async () => {
    modelsFolder = await mkdtemp(join(tmpdir(), 'spillway-toy-'))
  })
  afterAll(() => rm(modelsFolder, { recursive: true }))

  test('is the same file to the byte for the same texts', async () => {
    const texts = await readTexts(TEXTS_FOLDER)
    const first = renderToy(measure(texts))
    const second = renderToy(measure(await readTexts(TEXTS_FOLDER)))
    expect(first.equals(second)).toBe(true)
    expect(renderToy(measure(texts.slice(1))).equals(first)).toBe(false)
  })

  test('is made once, named after its content, and found again', async () => {
    const folders = { textsFolder: TEXTS_FOLDER, modelsFolder }

    const [made, alongside] = await Promise.all([ensureToyModel(folders), ensureToyModel(folders)])
    const found = await ensureToyModel(folders)

    expect(alongside).toEqual(made)
    expect(found).toEqual(made)
    expect(await readdir(modelsFolder)).toHaveLength(1)
    const bytes = await readFile(made.path)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(made.sha256)
  })

  test('says in its header that it is the toy', async () => {
    const { path } = await ensureToyModel({ textsFolder: TEXTS_FOLDER, modelsFolder })
    expect(await inspectGguf(path)).toMatchObject({
      kind: 'model',
      header: { name: TOY_NAME, contextTokens: TOY_CONTEXT_TOKENS, licence: 'apache-2.0' },
    })
  })
})
