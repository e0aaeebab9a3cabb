/**
 * The Slurm account that an organization's work runs under: one for all, or one for each below it, made when it is first
 * needed. Once it is there, nothing is asked again until the server restarts.
 */
import type { SlurmCluster } from './slurm-cluster.ts'

const known = new WeakMap<SlurmCluster, Map<string, Promise<string>>>()

export async function accountFor(
  cluster: SlurmCluster,
  organizationId: string,
  user: string | null,
): Promise<string | null> {
  const { account, accountPerOrganization } = cluster.submission
  if (account === null || !accountPerOrganization) return account
  const mine = known.get(cluster) ?? new Map<string, Promise<string>>()
  known.set(cluster, mine)
  const key = `${organizationId} ${user ?? ''}`
  const found = mine.get(key)
  if (found !== undefined) return found
  const making = makeAccount(cluster, accountName(organizationId), user)
  mine.set(key, making)
  // What failed may succeed the next time.
  making.catch(() => mine.delete(key))
  return making
}

/** Slurm's accounts are in lower case. */
function accountName(organizationId: string): string {
  return `spillway_${organizationId.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`
}

async function makeAccount(
  { slurm, submission }: SlurmCluster,
  name: string,
  user: string | null,
): Promise<string> {
  const who = user ?? (await slurm('id', ['-un'])).trim()
  const where = ['where', `account=${name}`, `user=${who}`]
  const shown = await slurm('sacctmgr', ['-n', '-P', 'show', 'assoc', ...where, 'format=account'])
  if (shown.trim() === name) return name
  const parent = submission.account ?? 'root'
  // Adding what is there already is no fault, and changes nothing.
  await tolerate(slurm('sacctmgr', ['-i', 'add', 'account', name, `parent=${parent}`]))
  await tolerate(slurm('sacctmgr', ['-i', 'add', 'user', who, `account=${name}`]))
  const made = await slurm('sacctmgr', ['-n', '-P', 'show', 'assoc', ...where, 'format=account'])
  if (made.trim() === name) return name
  throw new Error(
    `the Slurm account ${name} for ${who} is not there and could not be made: Spillway needs the rights of a Slurm operator`,
  )
}

/** sacctmgr fails where nothing new was added; what counts is what it shows afterwards. */
async function tolerate(call: Promise<string>): Promise<void> {
  await call.catch(() => '')
}
