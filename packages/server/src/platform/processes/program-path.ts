/** Finds a program the way a shell does. It looks at the file system and runs nothing. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

export type ProgramSearch =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'not_executable' }

export interface SearchPlace {
  /** The PATH variable. */
  readonly path: string
  /** What a relative path is relative to. */
  readonly directory: string
}

/** A name with a slash is a path; any other is looked up along PATH. */
export function findProgram(name: string, { path, directory }: SearchPlace): ProgramSearch {
  if (name.includes('/')) return judge(resolve(directory, name))
  let isDenied = false
  for (const folder of path.split(delimiter)) {
    const search = judge(resolve(directory, folder, name))
    if (search.kind === 'found') return search
    isDenied ||= search.kind === 'not_executable'
  }
  return { kind: isDenied ? 'not_executable' : 'not_found' }
}

function judge(path: string): ProgramSearch {
  if (!isFile(path)) return { kind: 'not_found' }
  try {
    accessSync(path, constants.X_OK)
    return { kind: 'found', path }
  } catch {
    // The only thing that `access` tells is whether it may be run.
    return { kind: 'not_executable' }
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // Not there, or in a folder that this user may not enter: a shell passes over both.
    return false
  }
}
