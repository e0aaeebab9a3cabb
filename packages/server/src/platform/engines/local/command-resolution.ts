/**
 * Looks for the command of an attempt before anything runs it, to say what is missing in words people know. In a
 * sandbox this runs inside, so that it sees what the command would.
 */
import { statSync } from 'node:fs'
import { findProgram } from '#platform/processes/program-path.ts'

export interface CommandDescription {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
}

export type Resolution =
  | {
      readonly kind: 'resolved'
      readonly file: string
      readonly words: string[]
      readonly argv0: string
    }
  | { readonly kind: 'failed'; readonly text: string }

export function resolveCommand(description: CommandDescription): Resolution {
  const { workingDirectory, environment, command } = description
  const [name = '', ...words] = command
  if (!isFolder(workingDirectory))
    return { kind: 'failed', text: `there is no working directory ${workingDirectory}` }
  const place = { path: environment['PATH'] ?? '', directory: workingDirectory }
  const search = findProgram(name, place)
  if (search.kind !== 'found') return { kind: 'failed', text: describeSearch(search.kind, name) }
  return { kind: 'resolved', file: search.path, words, argv0: name }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // Not there, or not to be entered: to the command that is the same.
    return false
  }
}

function describeSearch(kind: 'not_found' | 'not_executable', name: string): string {
  if (kind === 'not_executable')
    return `${name}: permission denied; make it executable with chmod +x, or name its interpreter first`
  if (name.includes('/')) return `${name}: no such file; the path is read on the node`
  return `${name}: command not found; is it installed and on PATH?`
}
