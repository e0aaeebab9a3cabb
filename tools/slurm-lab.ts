/**
 * `npm run slurm-lab -- start|status|stop`: a real Slurm cluster of several nodes on this machine, to try Spillway on.
 * Everything lies under one folder; several may run side by side in folders of their own.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { renderFleet } from '../packages/server/test/slurm-lab/fleet.ts'
import { daemonsOf, findSlurmLab, startSlurmLab } from '../packages/server/test/slurm-lab/lab.ts'
import { hasSlurm } from '../packages/server/test/slurm-lab/programs.ts'

const USAGE = `npm run slurm-lab -- start [--nodes 4] [--gpus 8] [--grace 15] [--no-accounting] [--dir FOLDER]
npm run slurm-lab -- status|stop [--dir FOLDER]`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '4' },
    gpus: { type: 'string', default: '8' },
    grace: { type: 'string', default: '15' },
    'no-accounting': { type: 'boolean', default: false },
    dir: { type: 'string', default: join(tmpdir(), `spillway-slurm-lab-${userInfo().username}`) },
  },
})
const directory = resolve(values.dir)

async function start(): Promise<void> {
  if (!hasSlurm())
    throw new Error(
      'Slurm is not installed; on Debian: apt-get install slurm-wlm munge mariadb-server',
    )
  const startedMs = performance.now()
  const seconds = () => ((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)
  const lab = await startSlurmLab({
    directory,
    nodes: Number(values.nodes),
    gpusPerNode: Number(values.gpus),
    graceSeconds: Number(values.grace),
    hasAccounting: !values['no-accounting'],
    progress: (text) => console.log(`${seconds()} s  ${text}`),
  })
  const fleet = join(directory, 'fleet.yaml')
  await writeFile(fleet, renderFleet(lab))
  const owner = lab.plan.hasAccounting ? '--account=anchor' : '--partition=anchor'
  console.log(`${seconds()} s  up

  export SLURM_CONF=${lab.confPath}
  sinfo                                                                  # its nodes
  sbatch ${owner} --gpus-per-node=4 --wrap='echo $CUDA_VISIBLE_DEVICES; sleep 60'  # work of the owner
  SPILLWAY_FLEET=${fleet} npm start                                      # Spillway, which sells the rest
  npm run slurm-lab -- stop --dir ${directory}`)
}

async function status(): Promise<void> {
  const lab = findSlurmLab(directory)
  if (lab === null) return console.log(`no lab in ${directory}`)
  for (const { name, isRunning } of daemonsOf(directory))
    console.log(`${name.padEnd(10)} ${isRunning ? 'runs' : 'is dead'}`)
  const options = { env: lab.environment, timeout: 10_000 }
  for (const program of ['sinfo', 'squeue'])
    console.log(`\n${(await promisify(execFile)(program, [], options)).stdout.trimEnd()}`)
}

async function stop(): Promise<void> {
  const lab = findSlurmLab(directory)
  if (lab === null) return console.log(`no lab in ${directory}`)
  await lab.dispose()
  console.log(`the lab in ${directory} has ended, and its folder is gone`)
}

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = { start, status, stop }

try {
  const command = COMMANDS[positionals[0] ?? '']
  if (command === undefined) throw new Error(`write one of these:\n${USAGE}`)
  await command()
} catch (error) {
  console.error(`slurm-lab: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
