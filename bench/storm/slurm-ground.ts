/**
 * The storm on a real Slurm of several nodes: the controller and the nodes' daemons are killed too, some for longer than
 * the cluster's patience, and the owner's people submit work that preempts what is sold.
 */
import { randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type SlurmLab, startSlurmLab } from '../../packages/server/test/slurm-lab/lab.ts'
import { renderSlurmFleet } from '../slurm/fleet.ts'
import type { Ground } from './ground.ts'
import { witnessFolder } from './stand.ts'
import { witnessCommand } from './witness.ts'

const NODES = 4
const GPUS_PER_NODE = 4
const SLURMD_TIMEOUT_SECONDS = 8
const OWNERS_JOBS_EVERY_MS = [2000, 8000] as const
const OWNERS_LIFE_MS = [1000, 6000] as const

/** Kills a daemon and starts it again: at once, after a while, or after the cluster has given it up. */
async function killAndRestart(lab: SlurmLab, name: string): Promise<void> {
  await lab.kill(name)
  const isLong = randomInt(8) === 0
  await pause(isLong ? (SLURMD_TIMEOUT_SECONDS + 4) * 1000 : randomInt(3000))
  await lab.restart(name)
}

/** The owner's people go on using sbatch as they always did. */
class OwnersPeople {
  readonly #lab: SlurmLab
  readonly #witnesses: string
  readonly #end = new AbortController()
  readonly #work: Promise<void>

  constructor(lab: SlurmLab, witnesses: string) {
    this.#lab = lab
    this.#witnesses = witnesses
    this.#work = this.#submitAll()
  }

  async #submitAll(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const gpus = randomInt(1, GPUS_PER_NODE + 1)
      const [, , script = ''] = witnessCommand(
        this.#witnesses,
        randomInt(OWNERS_LIFE_MS[0], OWNERS_LIFE_MS[1]),
      )
      const words = ['--account=anchor', `--gpus-per-node=${gpus}`, '--output=/dev/null']
      // A controller that is down takes no work; the next one will be taken.
      await this.#lab
        .run('sbatch', ...words, `--wrap=bash -c '${script.replaceAll("'", `'\\''`)}'`)
        .catch(() => undefined)
      await pause(randomInt(OWNERS_JOBS_EVERY_MS[0], OWNERS_JOBS_EVERY_MS[1]))
    }
  }

  async stop(): Promise<void> {
    this.#end.abort()
    await this.#work
  }
}

export async function slurmGround(folder: string): Promise<Ground> {
  const lab = await startSlurmLab({
    directory: join(folder, 'lab'),
    nodes: NODES,
    gpusPerNode: GPUS_PER_NODE,
    slurmdTimeoutSeconds: SLURMD_TIMEOUT_SECONDS,
    graceSeconds: 2,
  })
  const workFolder = join(folder, 'work')
  mkdirSync(workFolder)
  const path = join(folder, 'fleet.yaml')
  writeFileSync(path, renderSlurmFleet(lab, { workFolder, spotNotice: '1s' }))
  const people = new OwnersPeople(lab, witnessFolder(folder))
  return {
    name: 'Slurm',
    environment: { SPILLWAY_FLEET: path },
    gpusMax: 6,
    inFlight: 8,
    victims: {
      slurmctld: () => killAndRestart(lab, 'slurmctld'),
      slurmd: () => killAndRestart(lab, lab.nodes[randomInt(NODES)] ?? ''),
    },
    quieten: () => people.stop(),
    countLeftovers: async () => {
      const text = await lab.run('squeue', '-h', '-o', '%j')
      return text.split('\n').filter((name) => name.startsWith('spillway-')).length
    },
    close: () => lab.dispose(),
  }
}
