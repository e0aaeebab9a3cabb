/** What the agent of a node makes of its task: what runs there, with which environment, and in front of it what carries. */
import { mkdir } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { counted } from '#kernel/counted.ts'
import type { Placement } from '#platform/engines/engine.ts'
import type { AdmissionRecord } from '#platform/engines/local/attempt-folder.ts'
import { CARRIER } from '#platform/engines/local/carried-command.ts'
import { commandEnvironment } from '#platform/engines/local/command-environment.ts'
import { readJson } from '#platform/engines/local/durable-file.ts'
import { choosePort } from '#platform/engines/local/port-choice.ts'
import { inTerminal, terminalVariables } from '#platform/engines/local/terminal/terminal-terms.ts'
import { TRANSFERS_NAME } from '#platform/engines/local/transfers.ts'
import type { insideJob, Task } from './job-folder.ts'

/** What Slurm gave the agent. */
export type Given = Readonly<Record<string, string | undefined>>

type Secrets = Readonly<Record<string, string>>

/** The place of this node in its gang. */
export function rankOf({ SLURM_NODEID }: Given): number {
  return Number(SLURM_NODEID ?? '0')
}

export async function readSecrets({ secrets }: { readonly secrets: string }): Promise<Secrets> {
  return (await readJson<Secrets>(secrets)) ?? {}
}

export interface RecordSource {
  readonly paths: ReturnType<typeof insideJob>
  readonly task: Task
  readonly given: Given
  readonly secrets: Secrets
}

export async function makeTaskRecord(source: RecordSource): Promise<AdmissionRecord> {
  const { paths, task, given, secrets } = source
  const { mark, token } = task
  const rank = rankOf(given)
  const { [TRANSFERS_NAME]: transfers, ...others } = secrets
  const isCarrying = transfers !== undefined && rank === 0
  // They lie beside the agent.
  const carrier = [process.execPath, join(dirname(fileURLToPath(import.meta.url)), CARRIER)]
  const command = inTerminal(task.admission, carrier)
  const placements = [placementIn(given)]
  const words = isCarrying ? [...carrier, ...command] : command
  const admission = { ...task.admission, command: words, placements }
  const workingDirectory = resolve(paths.work, admission.workingDirectory ?? '.')
  if (workingDirectory === paths.work)
    await mkdir(workingDirectory, { recursive: true, mode: 0o700 })
  const servicePort = await choosePort(admission)
  const environment = {
    ...commandEnvironment({
      admission,
      inherited: { ...given, HOME: homedir() },
      cpus: [],
      noticePath: paths.node(rank).instanceAction,
      mark,
      artifactsPath: paths.artifacts,
      servicePort,
      seesOwnDevicesOnly: false,
    }),
    ...others,
    ...(isCarrying ? { [TRANSFERS_NAME]: transfers } : {}),
    ...terminalVariables(admission.service, token),
    ...slurmEnvironment(given),
    SPILLWAY_NODES: task.admission.placements.map(({ node }) => node).join(','),
    SPILLWAY_NODE_RANK: String(rank),
  }
  const plain = { pin: [], sandbox: { kind: 'none' }, servicePort } as const
  return { admission, environment, workingDirectory, ...plain, mark, token }
}

/** What Slurm really gave on this node: all GPUs of the machine are numbered alike, whatever the command sees. */
function placementIn({ SLURM_STEP_GPUS, SLURM_JOB_GPUS, SLURMD_NODENAME }: Given): Placement {
  const slots = (SLURM_STEP_GPUS ?? SLURM_JOB_GPUS ?? '').split(',').filter((part) => part !== '')
  return { node: SLURMD_NODENAME ?? hostname(), slots: slots.map(Number) }
}

/**
 * Why the command must not run, where Slurm did not give what was asked for: after a restart its controller may start a
 * job before the node has told of its GPUs, and such a job has none.
 */
export function shortageOf({ admission }: Pick<Task, 'admission'>, given: Given): string | null {
  const { node, slots } = placementIn(given)
  const asked = admission.placements.find((each) => each.node === node)?.slots.length ?? 0
  if (slots.length === asked) return null
  return `Slurm gave ${counted(slots.length, 'GPU')} on ${node} instead of ${asked}; nothing was run`
}

/** The devices as Slurm numbers them for this job, and what its own programs need to know of it. */
function slurmEnvironment(given: Given): Record<string, string> {
  const own = Object.entries(given).filter(
    ([name]) => name.startsWith('SLURM') || name === 'CUDA_VISIBLE_DEVICES',
  )
  const known = own.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const devices = given['CUDA_VISIBLE_DEVICES'] ?? ''
  return { NVIDIA_VISIBLE_DEVICES: devices, ...Object.fromEntries(known) }
}
