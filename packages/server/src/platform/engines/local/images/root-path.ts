/**
 * Paths below a folder that is the root of an image: links in it mean what they would mean inside, so that nothing leads
 * out of it. Nobody else may write there meanwhile.
 */
import type { Stats } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageFault } from './image-fault.ts'

const LINKS_MAX = 40
const PARTS_MAX = 256

/** The parts of an entry's name. An absolute one is meant from the root; one that climbs is refused. */
export function partsOf(name: string): readonly string[] {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || name.includes('\0'))
    throw new ImageFault(`a layer holds the path ${name}, which leads out of the image`)
  if (parts.length > PARTS_MAX) throw new ImageFault('a layer holds a path that is too deep')
  return parts
}

export async function look(path: string): Promise<Stats | null> {
  try {
    return await lstat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (code === 'ENAMETOOLONG') throw new ImageFault('a layer holds a name that is too long')
    throw error
  }
}

/** Where a folder of the image really is, its links followed inside the root; what is missing is named as it is. */
export async function resolveFolder(root: string, parts: readonly string[]): Promise<string> {
  const todo = [...parts]
  let found: string[] = []
  let links = 0
  while (todo.length > 0) {
    const part = todo.shift() ?? ''
    if (part === '' || part === '.') continue
    if (part === '..') {
      found.pop()
      continue
    }
    const path = join(root, ...found, part)
    if (!(await look(path))?.isSymbolicLink()) {
      found.push(part)
      continue
    }
    if (++links > LINKS_MAX) throw new ImageFault('its links lead in a circle')
    const target = await readlink(path)
    if (target.startsWith('/')) found = []
    todo.unshift(...target.split('/'))
  }
  return join(root, ...found)
}
