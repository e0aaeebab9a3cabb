/**
 * How the root of an image becomes that of a sandbox. Each thing of the image is mounted by itself, into folders that
 * bubblewrap makes: where one of ours is to be, nothing of the image stands, so that no link in it can lead a mount
 * elsewhere. The programs that start a command are this machine's, with libraries of their own.
 */
import { execFile } from 'node:child_process'
import { readdir, readlink, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const ask = promisify(execFile)

/** The words that show an image, but for the places that are given. */
export async function imageWords(
  root: string,
  places: readonly string[],
): Promise<readonly string[]> {
  const taken = new Set(places)
  const opened = new Set(places.flatMap(foldersOf))
  const show = async (folder: string): Promise<string[]> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true })
    const words = entries.map(async (entry) => {
      const path = join(folder, entry.name)
      if (taken.has(path)) return []
      if (opened.has(path)) {
        if (!entry.isDirectory()) return []
        return ['--perms', '0755', '--dir', path, ...(await show(path))]
      }
      if (entry.isSymbolicLink()) return ['--symlink', await readlink(join(root, path)), path]
      return ['--ro-bind', join(root, path), path]
    })
    return (await Promise.all(words)).flat()
  }
  return show('/')
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, position) => `/${parts.slice(0, position + 1).join('/')}`)
}

/** Programs of this machine that run where nothing else of it is. */
export interface CarriedPrograms {
  /** Words for bubblewrap that bring them along. */
  readonly words: readonly string[]
  /** The words that run a program, which must be one of them. */
  readonly run: (program: string) => readonly string[]
}

/** A program's loader and libraries, as the loader itself finds them. */
async function librariesOf(program: string): Promise<{ loader: string | null; files: string[] }> {
  const { stdout } = await ask('ldd', [program], { env: { PATH: '/usr/bin:/bin' } })
  const files = [...stdout.matchAll(/=> (\/\S+) \(0x/g)].map(([, path = '']) => path)
  return { loader: /^\s*(\/\S+) \(0x/m.exec(stdout)?.[1] ?? null, files }
}

/** What a program without libraries needs is nothing. */
async function findLibraries(program: string) {
  try {
    return await librariesOf(program)
  } catch {
    // So `ldd` says that it is no dynamic program.
    return { loader: null, files: [] }
  }
}

export interface Carrying {
  /** Where they are inside. */
  readonly folder: string
  /** A library that one of them loads later, and whose own it needs then. */
  readonly library: string
}

export async function carryPrograms(
  programs: readonly string[],
  { folder, library }: Carrying,
): Promise<CarriedPrograms> {
  const found = await Promise.all([...programs, library].map(findLibraries))
  const loader = found.find((each) => each.loader !== null)?.loader ?? null
  const libraries = new Map(
    found.flatMap(({ files }) => files.map((path) => [basename(path), path] as const)),
  )
  const inside = (program: string) => join(folder, 'programs', basename(program))
  const bring = async (from: string, to: string) => ['--ro-bind', await realpath(from), to]
  const brought = await Promise.all([
    ...programs.map((program) => bring(program, inside(program))),
    ...[...libraries].map(([name, path]) => bring(path, join(folder, 'lib', name))),
    ...(loader === null ? [] : [bring(loader, join(folder, 'loader'))]),
  ])
  const isDynamic = new Map(programs.map((program, index) => [program, found[index]?.loader]))
  return {
    words: brought.flat(),
    run: (program) =>
      isDynamic.get(program)
        ? [
            join(folder, 'loader'),
            '--inhibit-cache',
            '--library-path',
            join(folder, 'lib'),
            inside(program),
          ]
        : [inside(program)],
  }
}

const DRIVER_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib/wsl/lib',
]
const DRIVER_FILE = /^(libcuda|libcudadebugger|libnvidia-[a-z0-9-]+|libnvcuvid)\.so(\.[0-9.]+)?$/

/** The driver's libraries are of this machine, as its kernel is; an image brings none. */
export async function driverWords(folder: string): Promise<readonly string[]> {
  const words = DRIVER_FOLDERS.map(async (from) => {
    const names = (await readdir(from).catch(() => [])).filter((name) => DRIVER_FILE.test(name))
    return names.flatMap((name) => ['--ro-bind', join(from, name), join(folder, name)])
  })
  return (await Promise.all(words)).flat()
}
