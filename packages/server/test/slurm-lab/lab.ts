/**
 * A real Slurm cluster of several nodes on this machine, under one folder and on free ports: for tests, benchmarks and
 * trying out. Any number of them run side by side. It configures nothing outside its folder.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setUpAccounts } from './accounts.ts'
import {
  GPUS_PER_NODE_MAX,
  type LabPlan,
  nodeNames,
  renderGresConf,
  renderSlurmConf,
  renderSlurmdbdConf,
} from './configuration.ts'
import { type Daemon, endDaemon, endMarked, isRunning, startDaemon } from './daemons.ts'
import { findPorts } from './ports.ts'
import { prepareDatabase, prepareMunge, writeSecret } from './prepare.ts'
import { programPath } from './programs.ts'

export interface LabOptions {
  readonly directory: string
  readonly nodes?: number
  readonly gpusPerNode?: number
  /** Accounts and qualities of service, which cost a database. */
  readonly hasAccounting?: boolean
  readonly slurmdTimeoutSeconds?: number
  readonly killWaitSeconds?: number
  readonly graceSeconds?: number
  /** Told each step. */
  readonly progress?: (text: string) => void
}

/** `munged`, `mariadbd`, `slurmdbd`, `slurmctld`, or the name of a node. */
export type DaemonName = string

export interface SlurmLab {
  readonly plan: LabPlan
  readonly confPath: string
  readonly nodes: readonly string[]
  /** What a Slurm command needs to speak with this lab. */
  readonly environment: Readonly<Record<string, string>>
  /** Runs a Slurm command against the lab and gives its output; throws with what it said when it fails. */
  readonly run: (program: string, ...words: string[]) => Promise<string>
  /** Ends one daemon, without a farewell unless another signal is named. */
  readonly kill: (name: DaemonName, signal?: NodeJS.Signals) => Promise<void>
  /** Starts a daemon again that was killed, and waits until it answers. */
  readonly restart: (name: DaemonName) => Promise<void>
  /** Waits until all nodes can take work. */
  readonly untilIdle: () => Promise<void>
  /** Ends everything, and removes the folder. */
  readonly dispose: () => Promise<void>
}

interface LabState {
  readonly plan: LabPlan
  readonly daemons: Readonly<Record<DaemonName, Daemon>>
}

const FOLDERS = ['etc', 'log', 'run', 'state', 'spool', 'munge', 'db'] as const
const START_WAIT_MS = 40_000
const CALL_TIMEOUT_MS = 20_000

/** Starts a lab in a folder that holds none yet. */
export async function startSlurmLab(options: LabOptions): Promise<SlurmLab> {
  const { directory, progress = () => {} } = options
  if (existsSync(statePath(directory)))
    throw new Error(`there is a lab in ${directory} already: stop it first`)
  const plan = await makePlan(options)
  const lab = new Lab(plan, {})
  try {
    await lab.start(progress)
  } catch (error) {
    await lab.end()
    throw error
  }
  return lab
}

/** The lab that was started in a folder, perhaps by another process; null when there is none. */
export function findSlurmLab(directory: string): SlurmLab | null {
  if (!existsSync(statePath(directory))) return null
  const { plan, daemons } = JSON.parse(readFileSync(statePath(directory), 'utf8')) as LabState
  return new Lab(plan, daemons)
}

/** Which daemons of a lab run. */
export function daemonsOf(directory: string): readonly { name: string; isRunning: boolean }[] {
  const { daemons } = JSON.parse(readFileSync(statePath(directory), 'utf8')) as LabState
  return Object.values(daemons).map((each) => ({ name: each.name, isRunning: isRunning(each) }))
}

function statePath(directory: string): string {
  return join(directory, 'lab.json')
}

async function makePlan(options: LabOptions): Promise<LabPlan> {
  const { directory, nodes = 4, gpusPerNode = 8, hasAccounting = true } = options
  if (gpusPerNode < 1 || gpusPerNode > GPUS_PER_NODE_MAX)
    throw new Error(`a node of the lab has 1 to ${GPUS_PER_NODE_MAX} GPUs, not ${gpusPerNode}`)
  const [controller = 0, accounting = 0, database = 0, ...ports] = await findPorts(nodes + 3)
  return {
    directory,
    user: userInfo().username,
    host: hostname().split('.')[0] ?? 'localhost',
    nodes,
    gpusPerNode,
    hasMunge: programPath('munged') !== null,
    hasAccounting: hasAccounting && programPath('mariadbd') !== null,
    ports: { controller, accounting, database, nodes: ports },
    slurmdTimeoutSeconds: options.slurmdTimeoutSeconds ?? 10,
    killWaitSeconds: options.killWaitSeconds ?? 2,
    graceSeconds: options.graceSeconds ?? 15,
  }
}

class Lab implements SlurmLab {
  readonly plan: LabPlan
  readonly confPath: string
  readonly nodes: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  #daemons: Record<DaemonName, Daemon>

  constructor(plan: LabPlan, daemons: Readonly<Record<DaemonName, Daemon>>) {
    this.plan = plan
    this.confPath = join(plan.directory, 'etc/slurm.conf')
    this.nodes = nodeNames(plan)
    this.environment = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: process.env['HOME'] ?? '/',
      USER: plan.user,
      LANG: 'C.UTF-8',
      SLURM_CONF: this.confPath,
    }
    this.#daemons = { ...daemons }
  }

  async start(progress: (text: string) => void): Promise<void> {
    const { plan } = this
    await this.#layOut()
    if (plan.hasMunge) {
      progress('munge: who is who')
      await prepareMunge(plan.directory)
      await this.#launch('munged')
    }
    if (plan.hasAccounting) {
      progress('MariaDB: a database for accounting')
      await prepareDatabase(plan)
      await this.#launch('mariadbd')
      progress('slurmdbd: accounting')
      await this.#launch('slurmdbd')
      await this.#setUpAccounting()
    }
    progress('slurmctld: the controller')
    await this.#launch('slurmctld')
    progress(`slurmd: ${plan.nodes} nodes with ${plan.gpusPerNode} GPUs each`)
    await Promise.all(this.nodes.map((node) => this.#launch(node)))
    await this.untilIdle()
  }

  run = async (program: string, ...words: string[]): Promise<string> => {
    const options = { env: this.environment, timeout: CALL_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }
    const { stdout } = await promisify(execFile)(program, words, options)
    return stdout
  }

  kill = async (name: DaemonName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const daemon = this.#daemons[name]
    if (daemon === undefined) throw new Error(`the lab has no daemon ${name}`)
    await endDaemon(daemon, signal)
  }

  restart = async (name: DaemonName): Promise<void> => {
    const daemon = this.#daemons[name]
    if (daemon !== undefined && isRunning(daemon)) await endDaemon(daemon, 'SIGKILL')
    await this.#launch(name)
  }

  untilIdle = (): Promise<void> =>
    this.#until('all nodes are idle', async () => {
      const text = await this.run('sinfo', '-h', '-N', '-o', '%N %t')
      // A node stands there once for each of its partitions.
      const states = new Set(text.trim().split('\n'))
      return states.size === this.plan.nodes && [...states].every((line) => line.endsWith(' idle'))
    })

  dispose = async (): Promise<void> => {
    await this.end()
    await rm(this.plan.directory, { recursive: true, force: true, maxRetries: 10 })
  }

  async end(): Promise<void> {
    // Nodes first, so that nothing is reported or started again meanwhile; the database last of all.
    const order = [...this.nodes, 'slurmctld', 'slurmdbd', 'mariadbd', 'munged']
    await Promise.all(
      this.nodes.flatMap((node) => this.#daemons[node] ?? []).map((node) => endDaemon(node)),
    )
    await endMarked(this.#marks())
    for (const name of order) {
      const daemon = this.#daemons[name]
      if (daemon !== undefined)
        await endDaemon(daemon, name === 'slurmctld' ? 'SIGKILL' : 'SIGTERM')
    }
    await rm(statePath(this.plan.directory), { force: true })
  }

  async #layOut(): Promise<void> {
    const { plan } = this
    // What a start that failed left behind; its logs were kept for reading until now.
    for (const name of FOLDERS)
      await rm(join(plan.directory, name), { recursive: true, force: true })
    for (const name of [...FOLDERS, ...this.nodes.map((node) => `spool/${node}`)])
      await mkdir(join(plan.directory, name), { recursive: true, mode: 0o755 })
    await writeFile(this.confPath, renderSlurmConf(plan))
    await writeFile(join(plan.directory, 'etc/gres.conf'), renderGresConf(plan))
    await writeSecret(join(plan.directory, 'etc/slurmdbd.conf'), renderSlurmdbdConf(plan))
  }

  /** What the watchers of work carry, and what the work itself carries: not what a person's shell may. */
  #marks(): readonly (readonly string[])[] {
    const { directory } = this.plan
    return [
      [`SPILLWAY_LAB=${directory}`],
      [`SLURM_CONF=${this.confPath}`, 'SLURM_CLUSTER_NAME=lab'],
    ]
  }

  async #launch(name: DaemonName): Promise<void> {
    const { directory } = this.plan
    const [program = '', ...words] = this.#words(name)
    const path = programPath(program)
    if (path === null) throw new Error(`${program} is not installed`)
    const environment = { ...this.environment, SPILLWAY_LAB: directory }
    const logPath = join(directory, 'log', `${name}.out`)
    this.#daemons[name] = startDaemon({ name, program: path, words, environment, logPath })
    this.#keepState()
    await this.#until(`${name} answers; see ${directory}/log`, () => this.#answers(name))
  }

  /** In one piece, and one after another, though several daemons are launched at once. */
  #keepState(): void {
    const path = statePath(this.plan.directory)
    writeFileSync(`${path}.aside`, JSON.stringify({ plan: this.plan, daemons: this.#daemons }))
    renameSync(`${path}.aside`, path)
  }

  #words(name: DaemonName): readonly string[] {
    const { directory, ports, user } = this.plan
    const database = [
      '--no-defaults',
      `--user=${user}`,
      `--datadir=${directory}/db`,
      `--socket=${directory}/run/mariadb.sock`,
      `--pid-file=${directory}/run/mariadb.pid`,
      `--port=${ports.database}`,
      '--bind-address=127.0.0.1',
      '--innodb-buffer-pool-size=64M',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-flush-method=nosync',
      '--innodb-doublewrite=0',
      '--skip-name-resolve',
      `--init-file=${directory}/etc/init.sql`,
    ]
    const munge = [
      '--foreground',
      '--force',
      `--key-file=${directory}/munge/key`,
      `--socket=${directory}/munge/socket`,
      `--pid-file=${directory}/run/munged.pid`,
      `--log-file=${directory}/log/munged.log`,
      `--seed-file=${directory}/munge/seed`,
    ]
    if (name === 'munged') return ['munged', ...munge]
    if (name === 'mariadbd') return ['mariadbd', ...database]
    if (name === 'slurmdbd') return ['slurmdbd', '-D']
    if (name === 'slurmctld') return ['slurmctld', '-D', '-f', this.confPath]
    return ['slurmd', '-D', '-N', name, '-f', this.confPath]
  }

  /** Nodes are waited for together, by their state. */
  async #answers(name: DaemonName): Promise<boolean> {
    const { directory } = this.plan
    const daemon = this.#daemons[name]
    if (daemon === undefined || !isRunning(daemon))
      throw new Error(`${name} ended at once; see ${directory}/log`)
    if (name === 'munged') return existsSync(`${directory}/munge/socket`)
    if (name === 'mariadbd') return existsSync(`${directory}/run/mariadb.sock`)
    if (name === 'slurmdbd') return (await this.run('sacctmgr', '-n', 'show', 'cluster')) !== null
    if (name === 'slurmctld') return (await this.run('scontrol', 'ping')).includes('UP')
    return true
  }

  async #setUpAccounting(): Promise<void> {
    await this.run('sacctmgr', '-i', 'add', 'cluster', 'lab')
    await setUpAccounts(this.plan, this.environment)
  }

  async #until(what: string, ask: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + START_WAIT_MS
    let last: unknown = null
    while (performance.now() < deadline) {
      try {
        if (await ask()) return
      } catch (error) {
        last = error
        if (error instanceof Error && error.message.includes('ended at once')) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`waited in vain until ${what}`, { cause: last })
  }
}
