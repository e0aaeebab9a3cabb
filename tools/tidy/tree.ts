/**
 * The tree that the tidy rules look at: every text file of the repository, read once. Rules are pure functions over a
 * `Tree`, so that a test can hand them a made-up one. Nothing here judges.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseSyntax, type Syntax } from './syntax.ts'

export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string
  /** Empty for files that are not text. */
  readonly source: string
  readonly bytes: number
}

/** A file of code with what the rules need to know of it. */
export interface CodeFile extends SourceFile {
  readonly syntax: Syntax
  readonly isTest: boolean
}

export interface Tree {
  readonly files: readonly SourceFile[]
  readonly code: readonly CodeFile[]
  readonly paths: ReadonlySet<string>
}

export interface Violation {
  readonly rule: string
  readonly path: string
  readonly line?: number
  /** What is wrong and how to put it right. */
  readonly text: string
}

const SKIPPED = new Set([
  'node_modules',
  '.git',
  '.spillway',
  'dist',
  'coverage',
  '.vite',
  '.tanstack',
])
const TEXT = /\.(ts|tsx|js|mjs|css|html|sql|md|json|yaml|yml|txt|sh)$|(^|\/)(LICENSE|run)$/
const CODE = /\.(ts|tsx)$/
const TEST = /\.test\.tsx?$|^packages\/[^/]+\/test\/|\/testing\//

/** Makes a tree of files given as `path: source`. */
export function makeTree(sources: Readonly<Record<string, string>>): Tree {
  const files = Object.entries(sources).map(([path, source]) => {
    return { path, source, bytes: Buffer.byteLength(source) }
  })
  return treeOf(files)
}

/** Reads the repository. Ignored folders are skipped wherever they are. */
export function readTree(root: string): Tree {
  const files: SourceFile[] = []
  const read = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (SKIPPED.has(entry.name) || entry.name.endsWith('.log')) continue
      if (entry.isDirectory()) read(path)
      if (entry.isFile()) files.push(readSource(root, path))
    }
  }
  read('')
  return treeOf(files.sort((a, b) => (a.path < b.path ? -1 : 1)))
}

function readSource(root: string, path: string): SourceFile {
  const content = readFileSync(join(root, path))
  return { path, source: TEXT.test(path) ? content.toString() : '', bytes: content.length }
}

function treeOf(files: readonly SourceFile[]): Tree {
  const code = files
    .filter(({ path }) => CODE.test(path))
    .map((file) => ({
      ...file,
      isTest: TEST.test(file.path),
      syntax: parseSyntax(file.path, file.source),
    }))
  return { files, code, paths: new Set(files.map(({ path }) => path)) }
}
