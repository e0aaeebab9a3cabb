/** A Slurm engine over a lab, in a folder of its own for each test; and everything a test can do to the cluster. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { present } from '#kernel/assert.ts'
import type { Engine } from '#platform/engines/engine.ts'
import { PROCESS_COMMANDS, untilGone } from '#platform/engines/testing/bench.ts'
import type { EngineBench, ForeignBench } from '#platform/engines/testing/bench.ts'
import { until } from '#platform/engines/testing/until.ts'
import type { SlurmLab } from '../../../../../test/slurm-lab/lab.ts'
import type { SlurmSubmission } from '../slurm-cluster.ts'
import { createSlurmEngine } from '../slurm-engine.ts'

export interface SlurmBench extends EngineBench {
  readonly directory: string
  readonly argument: EngineArgument
}

/** What makes the engine, also in a process of its own. */
export interface EngineArgument {
  readonly directory: string
  readonly conf: string
  readonly hasAccounting: boolean
  /** Where programs are looked for before all else, to put one in the place of Slurm's. */
  readonly programs?: string
  /** What the fleet file says otherwise. */
  readonly submission?: Partial<SlurmSubmission>
}

export function openSlurmEngine(argument: EngineArgument): Engine {
  const { directory, conf, hasAccounting, programs, submission = {} } = argument
  const path = [...(programs === undefined ? [] : [programs]), process.env['PATH'] ?? ''].join(':')
  return createSlurmEngine({
    directory,
    environment: { ...process.env, PATH: path },
    conf,
    node: process.execPath,
    submission: {
      partition: 'gpu',
      account: hasAccounting ? 'spillway' : null,
      accountPerOrganization: false,
      qos: hasAccounting ? QUALITIES : {},
      user: null,
      users: {},
      isolation: 'auto',
      cpusPerGpu: null,
      memoryMbPerGpu: null,
      ...submission,
    },
    timeoutMs: 2000,
  })
}

const QUALITIES = {
  anchor: 'spillway_anchor',
  on_demand: 'spillway_on_demand',
  spot: 'spillway_spot',
  flex: 'spillway_flex',
  serving: 'spillway_serving',
}

export async function makeSlurmBench(
  lab: SlurmLab,
  submission: Partial<SlurmSubmission> = {},
): Promise<SlurmBench> {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-slurm-'))
  // Whoever work runs as passes through.
  await chmod(directory, 0o711)
  const { hasAccounting, gpusPerNode } = lab.plan
  const argument: EngineArgument = { directory, conf: lab.confPath, hasAccounting, submission }
  const engine = openSlurmEngine(argument)
  const [first, ...others] = lab.nodes
  const foreign = foreignIn(lab)
  return {
    engine,
    another: () => openSlurmEngine(argument),
    directory,
    argument,
    nodes: [present(first, 'a node of the lab'), ...others],
    slotsPerNode: gpusPerNode,
    acceleratorKind: 'gpu',
    commands: PROCESS_COMMANDS,
    controller: { module: import.meta.url, make: 'openSlurmEngine', argument },
    picksSlots: true,
    usageToleranceMs: 4000,
    foreign,
    nodeFaults: {
      lose: async (node) => {
        await lab.kill(node)
        // As the controller does by itself when the node has been silent for SlurmdTimeout.
        await lab.run('scontrol', 'update', `nodename=${node}`, 'state=down', 'reason=lost')
      },
      bringBack: (node) => lab.restart(node),
    },
    // Asked to end, it saves what it knows; what a crash does to a job that it just took is a test of its own.
    outage: {
      begin: () => lab.kill('slurmctld', 'SIGTERM'),
      end: async () => {
        await lab.restart('slurmctld')
        await until('all nodes have told of their GPUs', async () =>
          (await engine.inventory()).every(({ health }) => health.state === 'up'),
        )
      },
    },
    dispose: async () => {
      await lab.run('scancel', '--user', lab.plan.user, '--account=anchor').catch(() => '')
      await endAll(engine)
      await rm(directory, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

async function endAll(engine: Engine): Promise<void> {
  const names = [...(await engine.list()).keys()]
  await Promise.all(names.map((attemptId) => engine.stop(attemptId, 0)))
  await Promise.all(names.map((attemptId) => untilGone(engine, attemptId)))
}

/** The owner's people, who use Slurm as they always did. */
function foreignIn(lab: SlurmLab): ForeignBench {
  const owner = lab.plan.hasAccounting ? ['--account=anchor'] : ['--partition=anchor']
  return {
    submit: async ({ name, nodes, gpusPerNode }) => {
      const shape = [`--job-name=${name}`, `--nodes=${nodes}`, `--gpus-per-node=${gpusPerNode}`]
      const words = [
        '--parsable',
        '--output=/dev/null',
        ...owner,
        ...shape,
        '--wrap=exec sleep 600',
      ]
      return `${(await lab.run('sbatch', ...words)).trim()}.0`
    },
    end: async (runId) => {
      const job = runId.split('.')[0] ?? ''
      await lab.run('scancel', job)
    },
    preempts: lab.plan.hasAccounting,
  }
}
