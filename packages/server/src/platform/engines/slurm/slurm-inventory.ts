/** The nodes of a partition as an inventory, and keeping new work off them. */
import { counted } from '#kernel/counted.ts'
import type { NodeHealth, NodeInventory } from '#platform/engines/engine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { isSilent } from './judge.ts'
import type { SlurmNode } from './slurm-answer.ts'
import { isolationOf } from './slurm-cluster.ts'
import type { SlurmCluster, SlurmSubmission } from './slurm-cluster.ts'

/** Says in Slurm's own records whose drain it is; one without it is an administrator's and never taken back. */
const OUR_REASON = 'spillway: '

const NOT_REGISTERED = 'the controller has not heard from it since it started'

/** Pure. */
export function inventoryOf(
  nodes: Iterable<SlurmNode>,
  submission: SlurmSubmission,
): readonly NodeInventory[] {
  const { partition } = submission
  const isolation = isolationOf(submission)
  return [...nodes]
    .filter((node) => node.partitions.includes(partition))
    .map((node) => ({
      node: node.name,
      acceleratorKind: 'gpu',
      slotCountMax: node.gpus,
      hardware: `${node.gpuType === '' ? 'GPU' : node.gpuType}, ${node.cpus} CPUs, ${Math.round(node.memoryMb / 1024)} GiB`,
      finding: `Slurm has ${counted(node.gpus, 'GPU')} on ${node.name} in the partition ${partition}`,
      rack: null,
      fabric: null,
      health: healthOf(node),
      faults: [],
      isolation,
    }))
}

function healthOf(node: SlurmNode): NodeHealth {
  const reason = node.reason === '' ? `Slurm says ${node.state}` : node.reason
  if (isSilent(node)) return { state: 'down', reason }
  if (isDrained(node)) return { state: 'draining', reason }
  return node.isRegistered ? { state: 'up' } : { state: 'draining', reason: NOT_REGISTERED }
}

function isDrained({ state, flags }: SlurmNode): boolean {
  return (
    ['draining', 'drained', 'drain', 'maint', 'reboot', 'planned_down'].includes(state) ||
    flags.some((flag) => ['DRAIN', 'MAINTENANCE', 'REBOOT_REQUESTED'].includes(flag))
  )
}

export async function drain(cluster: SlurmCluster, node: string, reason: string): Promise<void> {
  const found = await findNode(cluster, node)
  // Whoever drained it first keeps the say over it.
  if (isDrained(found)) return
  const text = `${OUR_REASON}${reason.replaceAll(/["\n]/g, ' ')}`
  const words = ['update', `nodename=${node}`, 'state=drain', `reason=${text}`]
  await cluster.slurm('scontrol', words)
  await cluster.snapshots.since(monotonicMs())
}

export async function resume(cluster: SlurmCluster, node: string): Promise<void> {
  const found = await findNode(cluster, node)
  const hasDrain = found.flags.includes('DRAIN') || found.state.startsWith('drain')
  if (!hasDrain || !found.reason.startsWith(OUR_REASON)) return
  // Not `resume`, which would also call a node up that is down.
  await cluster.slurm('scontrol', ['update', `nodename=${node}`, 'state=undrain'])
  await cluster.snapshots.since(monotonicMs())
}

async function findNode({ snapshots }: SlurmCluster, name: string): Promise<SlurmNode> {
  const node = (await snapshots.since(monotonicMs())).nodes.get(name)
  if (node === undefined) throw new Error(`Slurm does not know the node ${name}`)
  return node
}
