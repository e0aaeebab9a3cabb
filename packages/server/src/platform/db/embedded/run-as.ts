/**
 * Under which user PostgreSQL runs. It refuses uid 0, so root hands it to an unprivileged user; where that user may
 * not enter the folders on the way, other means are tried in turn. Adds no user to the system.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, lchownSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StartFailure } from '../start-failure.ts'

/** `nobody` on every system that has one; it needs no entry in the user database. */
const NOBODY = 65534

/** How to start a program: words before the command, and the user for `spawn`. */
export interface RunAs {
  readonly name: 'caller' | 'nobody' | 'namespace' | 'capability'
  readonly prefix: readonly string[]
  readonly user: { readonly uid: number; readonly gid: number } | null
  /** Who must own the files. */
  readonly owner: number
}

const UID = process.getuid?.() ?? 0

/** Looks like nobody to the program and is still the caller to the file system, without any of root's powers. */
const IN_NAMESPACE: RunAs = {
  name: 'namespace',
  prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'],
  user: null,
  owner: UID,
}

/** In the order of preference. PostgreSQL also wants its user to have a name, which a container's may lack. */
const FOR_CALLER: readonly RunAs[] = [
  { name: 'caller', prefix: [], user: null, owner: UID },
  IN_NAMESPACE,
]

const FOR_ROOT: readonly RunAs[] = [
  { name: 'nobody', prefix: [], user: { uid: NOBODY, gid: NOBODY }, owner: NOBODY },
  IN_NAMESPACE,
  // Where namespaces are forbidden, as in most containers: nobody, with leave to pass through closed folders.
  {
    name: 'capability',
    prefix: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'].concat([
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      '--',
    ]),
    user: null,
    owner: NOBODY,
  },
]

/**
 * Chooses the user, and gives it the folder `home` inside the data folder `parent`. Throws a `StartFailure` when no
 * way works.
 */
export function chooseRunAs(postgres: string, parent: string, home: string): RunAs {
  const isRoot = UID === 0
  if (!isRoot) checkOwner(home)
  const way = (isRoot ? FOR_ROOT : FOR_CALLER).find((candidate) => {
    if (candidate.name === 'nobody') letPass(parent)
    if (isRoot) giveTo(home, candidate.owner)
    return canRun(candidate, postgres, home)
  })
  if (way) return way
  if (spawnSync(postgres, ['--version']).status !== 0) throw notRunnable(postgres)
  throw notPermitted(postgres, home)
}

function notRunnable(postgres: string): StartFailure {
  return new StartFailure(
    'postgres_package_incomplete',
    `The installed PostgreSQL ${postgres} does not run on this machine; it needs a Linux with glibc, or macOS. Set DATABASE_URL to a PostgreSQL 18 of your own.`,
  )
}

function notPermitted(postgres: string, home: string): StartFailure {
  return new StartFailure(
    'postgres_not_permitted',
    UID === 0
      ? `PostgreSQL does not run as root, and the unprivileged user (uid ${NOBODY}) may not enter ${home} or the folder of ${postgres}. Move the checkout and the data folder to a place every user may pass through, such as /opt or /srv, or run Spillway as an ordinary user, or set DATABASE_URL to a PostgreSQL 18 of your own.`
      : `PostgreSQL cannot run as this user (uid ${UID}), which has no name in /etc/passwd. Give it one, or run Spillway as a user that has one, or set DATABASE_URL to a PostgreSQL 18 of your own.`,
  )
}

/** Lets nobody's group pass through the data folder, without seeing what is in it. */
function letPass(folder: string): void {
  const { mode, uid } = statSync(folder)
  if ((mode & 0o001) !== 0) return
  chownSync(folder, uid, NOBODY)
  chmodSync(folder, (mode & 0o777) | 0o010)
}

function giveTo(path: string, owner: number): void {
  const entry = lstatSync(path)
  if (entry.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), owner)
  if (entry.uid !== owner) lchownSync(path, owner, owner)
}

function canRun(way: RunAs, postgres: string, home: string): boolean {
  const script = 'id -un && "$1" --version && cd "$2" && test -w .'
  const [program, ...words] = [...way.prefix, '/bin/sh', '-c', script, 'sh', postgres, home]
  const { status } = spawnSync(program, words, {
    ...way.user,
    cwd: '/',
    stdio: 'ignore',
    timeout: 10_000,
  })
  return status === 0
}

function checkOwner(home: string): void {
  const { uid } = statSync(home)
  if (uid === UID) return
  throw new StartFailure(
    'data_folder_not_writable',
    `The folder ${home} belongs to another user (uid ${uid}). Start Spillway as the user that made it, or set SPILLWAY_DATA_DIR to another folder.`,
  )
}
