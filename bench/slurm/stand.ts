/** What the benchmark on Slurm stands on: a lab of many nodes, and an installation that sells it. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient, type Lease } from '../../packages/contract/src/index.ts'
import {
  startInstallation,
  type TestInstallation,
} from '../../packages/server/test/harness/installation.ts'
import { type SlurmLab, startSlurmLab } from '../../packages/server/test/slurm-lab/lab.ts'
import { makeFolder, witnessFolder } from '../storm/stand.ts'
import { witnessCommand } from '../storm/witness.ts'
import { renderSlurmFleet } from './fleet.ts'

export const NODES = 8
export const GPUS_PER_NODE = 8
/** What the owner's quality of service gives what it preempts. */
export const GRACE_SECONDS = 3
export const KILL_WAIT_SECONDS = 2

/** So many at once hand jobs over. */
const SUBMITTERS = 4
const LOOK_MS = 20
const WITHIN_MS = 60_000
const LONG_MS = 3_600_000

export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | null> | Answer | null,
): Promise<Answer> {
  const deadlineMs = performance.now() + WITHIN_MS
  while (performance.now() < deadlineMs) {
    const answer = await ask()
    if (answer !== null) return answer
    await pause(LOOK_MS)
  }
  throw new Error(`waited in vain until ${what}`)
}

export class SlurmStand {
  readonly operator: Client
  readonly buyer: Client
  readonly #lab: SlurmLab
  readonly #folder: string
  readonly #installation: TestInstallation

  constructor(folder: string, lab: SlurmLab, installation: TestInstallation) {
    const { url, operatorToken, demoApiKey } = installation
    this.#folder = folder
    this.#lab = lab
    this.#installation = installation
    this.operator = createClient({ url, credential: operatorToken })
    this.buyer = createClient({ url, credential: demoApiKey })
  }

  /** Work of the owner, as their people submit it. Returns the number of the job, and when it was handed over. */
  async sbatch(words: readonly string[]): Promise<{ job: string; submittedMs: number }> {
    const [, , script = ''] = witnessCommand(witnessFolder(this.#folder), LONG_MS)
    const wrap = `--wrap=bash -c '${script.replaceAll("'", `'\\''`)}'`
    const fixed = ['--parsable', '--account=anchor', '--output=/dev/null']
    const submittedMs = Date.now()
    const answer = await this.#lab.run('sbatch', ...fixed, ...words, wrap)
    return { job: answer.trim(), submittedMs }
  }

  /** Work of the owner that waits in the engine's queue, and never runs. Each has a job of its own, as people submit it. */
  async fillQueue(jobs: number): Promise<void> {
    const words = ['--hold', '--account=anchor', '--gpus-per-node=1', '--output=/dev/null']
    const left = Array.from({ length: jobs }, (_, index) => index)
    const submit = async () => {
      while (left.pop() !== undefined)
        await this.#lab.run('sbatch', '--job-name=queued', ...words, '--wrap=sleep 600')
    }
    await Promise.all(Array.from({ length: SUBMITTERS }, submit))
    await until('the queue is known', async () => {
      return (await this.#countQueued()) === jobs ? true : null
    })
  }

  async #countQueued(): Promise<number> {
    const { now } = await this.operator.getAnchorDemand({ query: { pool: 'slurm' } })
    return now?.pendingJobs ?? 0
  }

  async cancel(job: string): Promise<void> {
    await this.#lab.run('scancel', job)
  }

  /** When the job's own process first looked at the clock. */
  firstInstant(job: string): Promise<number> {
    const folder = witnessFolder(this.#folder)
    return until(`job ${job} runs`, () => {
      const file = readdirSync(folder).find((name) => name.startsWith(`job-${job}.`))
      if (file === undefined) return null
      return Number(readFileSync(join(folder, file), 'utf8').split('\n')[1]) || null
    })
  }

  /** A spot lease on a whole node that takes no notice of any signal, once it runs. */
  async sellNode(): Promise<Lease> {
    const [, , script = ''] = witnessCommand(witnessFolder(this.#folder), LONG_MS)
    const command = ['bash', '-c', `trap '' TERM USR1 USR2\n${script}`]
    const { id } = await this.buyer.createLease({ body: { command, gpus: GPUS_PER_NODE } })
    return until(`${id} runs`, async () => {
      const lease = await this.buyer.getLease({ params: { id } })
      return lease.state === 'running' ? lease : null
    })
  }

  /** Anchor leases that the book has open now. */
  async listAnchors(): Promise<readonly Lease[]> {
    const { items } = await this.operator.listLeases({ query: { kind: 'anchor', limit: 1000 } })
    return items.filter(({ state }) => state !== 'ended')
  }

  async close(): Promise<void> {
    await this.#installation.stop()
    await this.#lab.dispose()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export async function openSlurmStand(): Promise<SlurmStand> {
  const folder = makeFolder()
  const lab = await startSlurmLab({
    directory: join(folder, 'lab'),
    nodes: NODES,
    gpusPerNode: GPUS_PER_NODE,
    graceSeconds: GRACE_SECONDS,
    killWaitSeconds: KILL_WAIT_SECONDS,
  })
  const workFolder = join(folder, 'work')
  mkdirSync(workFolder)
  const path = join(folder, 'fleet.yaml')
  writeFileSync(path, renderSlurmFleet(lab, { workFolder, spotNotice: `${GRACE_SECONDS}s` }))
  const environment = { SPILLWAY_FLEET: path }
  const installation = await startInstallation({ dataDir: join(folder, 'data'), environment })
  return new SlurmStand(folder, lab, installation)
}
