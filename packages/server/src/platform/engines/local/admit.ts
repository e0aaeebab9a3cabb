/**
 * Starts attempts. Any number of callers, in any processes, before and after any crash, may start the same one: each
 * makes sure that the admission is written and a shim is under way, and only the first shim to claim it runs it.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { assert, present } from '#kernel/assert.ts'
import type { Admission } from '#platform/engines/engine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { makeRecord } from './admission-record.ts'
import { MARK_NAME } from './attempt-folder.ts'
import type { AdmissionRecord, AttemptPaths } from './attempt-folder.ts'
import type { Attempts } from './attempts.ts'
import { carriedVariables } from './carried-command.ts'
import { passable } from './command-environment.ts'
import {
  createFile,
  readJson,
  readText,
  replaceFile,
  replaceFileSynced,
  sync,
} from './durable-file.ts'
import { pathsOf, readStatus } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'

const START_TIMEOUT_MS = 30_000
const LOOK_MS = 4

/** Resolves when the attempt has started, or failed to, and that is durable. */
export async function admit(
  machine: LocalMachine,
  attempts: Attempts,
  admission: Admission,
): Promise<void> {
  const paths = pathsOf(machine, admission.attemptId)
  assert(admission.command.length > 0 || admission.image, 'an admission without a command')
  assert(!existsSync(paths.forgotten), `attempt ${admission.attemptId} has run and been forgotten`)
  await record(machine, paths, admission)
  // The command starts while the disk works; both are done before anybody hears of it.
  await Promise.all([start(machine, attempts, paths), syncRecord(machine, paths)])
}

async function syncRecord(machine: LocalMachine, paths: AttemptPaths): Promise<void> {
  for (const path of [paths.admission, paths.folder, machine.directory]) await sync(path)
}

async function start(
  machine: LocalMachine,
  attempts: Attempts,
  paths: AttemptPaths,
): Promise<void> {
  const isClaimed = (await readStatus(paths)) !== null
  const shim = isClaimed ? { hasEnded: () => false } : await spawnShim(machine, paths)
  const deadlineMs = monotonicMs() + START_TIMEOUT_MS
  for (;;) {
    // Read before the observation, so that a shim that ended has surely written all it had to.
    const hasEnded = shim.hasEnded()
    const { state } = await attempts.observe(paths.attemptId)
    if (state === 'running' || state === 'gone' || state === 'absent') break
    if (hasEnded && (await readStatus(paths)) === null) throw await startFailure(paths)
    if (monotonicMs() > deadlineMs)
      throw new Error(`attempt ${paths.attemptId} has not started in ${START_TIMEOUT_MS} ms`)
    await pause(LOOK_MS)
  }
  await sync(paths.folder)
}

/** The first record holds, unless a power cut left nothing of it. */
async function record(
  machine: LocalMachine,
  paths: AttemptPaths,
  { secretEnvironment = {}, inputs = [], outputs = [], ...asked }: Admission,
): Promise<void> {
  if ((await readJson(paths.admission)) !== null) return
  const transfers = { inputs, outputs }
  const content = await makeRecord(machine, paths, { ...asked, ...transfers })
  const secrets = { ...passable(secretEnvironment), ...carriedVariables(transfers) }
  if (Object.keys(secrets).length > 0) await replaceFileSynced(paths.secrets, secrets)
  if (await createFile(paths.admission, content)) return
  if ((await readJson(paths.admission)) === null) await replaceFile(paths.admission, content)
}

interface SpawnedShim {
  readonly hasEnded: () => boolean
}

/** In a session of its own, with no terminal, pipe or handle that would tie it to the server. */
async function spawnShim(machine: LocalMachine, paths: AttemptPaths): Promise<SpawnedShim> {
  const [program = '', ...words] = await machine.shimWords()
  const { mark } = present(await readJson<AdmissionRecord>(paths.admission), paths.admission)
  const child = spawn(program, [...words, machine.directory, paths.attemptId, machine.bootId], {
    cwd: '/',
    // The marker is there before the command's own environment is, so that even a half-started one is found.
    env: { [MARK_NAME]: mark },
    stdio: 'ignore',
    detached: true,
  })
  let hasEnded = false
  child.once('exit', () => (hasEnded = true))
  child.once('error', () => (hasEnded = true))
  child.unref()
  return { hasEnded: () => hasEnded }
}

async function startFailure(paths: AttemptPaths): Promise<Error> {
  const reason = (await readText(paths.shimFailure)) ?? 'it left no word why'
  return new Error(`the process to watch attempt ${paths.attemptId} ended at once: ${reason}`)
}
