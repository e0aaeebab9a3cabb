/** Makes the toy from a folder of texts, once: the file is named after what went into it. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assert } from '#kernel/assert.ts'
import { renderToy } from './model.ts'
import { measure } from './statistics.ts'
import { type Text, readText } from './words.ts'

export interface Toy {
  readonly path: string
  readonly sha256: string
}

export interface ToyFolders {
  /** Where the Markdown texts are; `examples/texts` of the repository. */
  readonly textsFolder: string
  /** Where the model is put. */
  readonly modelsFolder: string
}

/** Reads every text of a folder, in the order of their names. The README is about the texts and not one of them. */
export async function readTexts(folder: string): Promise<Text[]> {
  const names = (await readdir(folder)).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  )
  assert(names.length > 0, `there are no texts in ${folder}`)
  return Promise.all(
    names
      .toSorted()
      .map(async (name) => readText(name, await readFile(join(folder, name), 'utf8'))),
  )
}

/** Finds or makes the toy. Two callers at once make the same bytes, and the last rename wins. */
export async function ensureToyModel({ textsFolder, modelsFolder }: ToyFolders): Promise<Toy> {
  const bytes = renderToy(measure(await readTexts(textsFolder)))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const path = join(modelsFolder, `toy-${sha256.slice(0, 16)}.gguf`)
  // Whatever keeps us from seeing the file, the answer is to write it, which then says what is wrong.
  const existing = await stat(path).catch(() => null)
  if (existing?.size === bytes.length) return { path, sha256 }
  await mkdir(modelsFolder, { recursive: true })
  const unfinished = `${path}.${randomUUID()}.part`
  await writeFile(unfinished, bytes)
  await rename(unfinished, path)
  return { path, sha256 }
}
