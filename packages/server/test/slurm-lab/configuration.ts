/**
 * The configuration of a lab: what Slurm's files say for a cluster of many nodes on one machine, owned by whoever starts
 * it, with intervals short enough to watch. Pure; a real cluster would say less of this, see docs/guides/slurm.md.
 */

export interface LabPlan {
  readonly directory: string
  readonly user: string
  readonly host: string
  readonly nodes: number
  readonly gpusPerNode: number
  readonly hasMunge: boolean
  readonly hasAccounting: boolean
  /** Where daemons listen, all on loopback. */
  readonly ports: {
    readonly controller: number
    readonly accounting: number
    readonly database: number
    readonly nodes: readonly number[]
  }
  /** After this long without an answer a node counts as down. */
  readonly slurmdTimeoutSeconds: number
  readonly killWaitSeconds: number
  /** Notice that the quality of service gives work that is preempted. */
  readonly graceSeconds: number
}

export const CPUS_PER_GPU = 4
export const MEMORY_PER_GPU_MB = 16_000
/** Consoles that exist everywhere: character devices that Slurm takes for GPUs, and nobody opens. */
export const GPUS_PER_NODE_MAX = 8

export function nodeNames(plan: Pick<LabPlan, 'nodes'>): readonly string[] {
  return Array.from({ length: plan.nodes }, (_, index) => `gpu${index + 1}`)
}

/** Text of slurm.conf. */
export function renderSlurmConf(plan: LabPlan): string {
  const { directory, user, host, ports } = plan
  const lines = [
    'ClusterName=lab',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${ports.controller}`,
    `SlurmUser=${user}`,
    `SlurmdUser=${user}`,
    `StateSaveLocation=${directory}/state`,
    `SlurmdSpoolDir=${directory}/spool/%n`,
    `SlurmctldPidFile=${directory}/run/slurmctld.pid`,
    `SlurmdPidFile=${directory}/run/slurmd-%n.pid`,
    `SlurmctldLogFile=${directory}/log/slurmctld.log`,
    `SlurmdLogFile=${directory}/log/slurmd-%n.log`,
    ...authentication(plan),
    '# Without control groups a process that leaves its group can outlive its job: a real cluster has proctrack/cgroup.',
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'JobAcctGatherType=jobacct_gather/none',
    'MpiDefault=none',
    'SlurmdParameters=config_overrides',
    'ReturnToService=2',
    `SlurmdTimeout=${plan.slurmdTimeoutSeconds}`,
    'SlurmctldTimeout=10',
    'MessageTimeout=5',
    'InactiveLimit=0',
    `KillWait=${plan.killWaitSeconds}`,
    'UnkillableStepTimeout=15',
    'MinJobAge=300',
    ...scheduling(plan),
    ...nodeLines(plan),
  ]
  return `${lines.join('\n')}\n`
}

function authentication({ directory, hasMunge, hasAccounting, ports }: LabPlan): string[] {
  const socket = `${directory}/munge/socket`
  const auth = hasMunge
    ? ['AuthType=auth/munge', `AuthInfo=socket=${socket}`, 'CredType=cred/munge']
    : ['AuthType=auth/none', 'CredType=cred/none']
  if (!hasAccounting) return [...auth, 'AccountingStorageType=accounting_storage/none']
  return [
    ...auth,
    'AccountingStorageType=accounting_storage/slurmdbd',
    'AccountingStorageHost=127.0.0.1',
    `AccountingStoragePort=${ports.accounting}`,
    ...(hasMunge ? [`AccountingStoragePass=${socket}`] : []),
    'AccountingStorageTRES=gres/gpu',
    'AccountingStorageEnforce=associations,limits,qos',
    'AccountingStoreFlags=job_comment',
  ]
}

function scheduling({ hasAccounting }: LabPlan): string[] {
  const preemption = hasAccounting
    ? ['PreemptType=preempt/qos', 'PreemptMode=REQUEUE', 'PriorityType=priority/multifactor']
    : ['PreemptType=preempt/partition_prio', 'PreemptMode=REQUEUE']
  return [
    'SchedulerType=sched/backfill',
    'SchedulerParameters=bf_interval=1,batch_sched_delay=0,sched_min_interval=0,sched_interval=1',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core_Memory',
    `DefMemPerGPU=${MEMORY_PER_GPU_MB}`,
    'DefMemPerCPU=100',
    'SlurmctldParameters=preempt_send_user_signal',
    'GresTypes=gpu',
    ...preemption,
    ...(hasAccounting ? ['PriorityWeightQOS=100000'] : []),
  ]
}

function nodeLines(plan: LabPlan): string[] {
  const { nodes, gpusPerNode, host, ports } = plan
  const range = `gpu[1-${nodes}]`
  const portList = ports.nodes.join(',')
  const size = `CPUs=${gpusPerNode * CPUS_PER_GPU} RealMemory=${gpusPerNode * MEMORY_PER_GPU_MB}`
  const node = `NodeName=${range} NodeHostname=${host} NodeAddr=127.0.0.1 Port=[${portList}]`
  const partition = `PartitionName=gpu Nodes=${range} Default=YES MaxTime=INFINITE State=UP`
  return [
    `${node} ${size} Gres=gpu:lab:${gpusPerNode} State=UNKNOWN`,
    plan.hasAccounting ? partition : `${partition} PriorityTier=1`,
    ...(plan.hasAccounting
      ? []
      : [`PartitionName=anchor Nodes=${range} MaxTime=INFINITE State=UP PriorityTier=10`]),
  ]
}

/** Text of gres.conf. */
export function renderGresConf(plan: LabPlan): string {
  const files = `/dev/tty[0-${plan.gpusPerNode - 1}]`
  return `NodeName=gpu[1-${plan.nodes}] Name=gpu Type=lab File=${files}\n`
}

/** Text of slurmdbd.conf. */
export function renderSlurmdbdConf(plan: LabPlan): string {
  const { directory, user, host, ports, hasMunge } = plan
  const lines = [
    `DbdHost=${host}`,
    'DbdAddr=127.0.0.1',
    `DbdPort=${ports.accounting}`,
    `SlurmUser=${user}`,
    ...(hasMunge
      ? ['AuthType=auth/munge', `AuthInfo=socket=${directory}/munge/socket`]
      : ['AuthType=auth/none']),
    'StorageType=accounting_storage/mysql',
    'StorageHost=127.0.0.1',
    `StoragePort=${ports.database}`,
    'StorageUser=slurm',
    'StoragePass=lab',
    'StorageLoc=slurm_acct',
    'CommitDelay=0',
    `PidFile=${directory}/run/slurmdbd.pid`,
    `LogFile=${directory}/log/slurmdbd.log`,
  ]
  return `${lines.join('\n')}\n`
}
