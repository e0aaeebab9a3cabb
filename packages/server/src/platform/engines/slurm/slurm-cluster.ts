/** What the parts of the Slurm engine share: how to ask the cluster, where attempts lie, and who runs them. */
import { assert } from '#kernel/assert.ts'
import type { Isolation } from '#platform/engines/engine.ts'
import { isAttemptId } from '#platform/engines/local/local-machine.ts'
import { jobPaths } from './job-folder.ts'
import type { JobPaths } from './job-folder.ts'
import type { SlurmCommand } from './slurm-command.ts'
import type { Snapshots } from './snapshot.ts'

/** How the fleet file says work is to be submitted. */
export interface SlurmSubmission {
  readonly partition: string
  /** The account of what is sold, or the parent of the accounts of organizations; null where Slurm keeps none. */
  readonly account: string | null
  /** Whether each organization gets an account of its own below it. */
  readonly accountPerOrganization: boolean
  /** Quality of service by kind of lease; one that is not named gets the account's own. */
  readonly qos: Readonly<Record<string, string>>
  /** Unix user of organizations that `users` does not name; null for the user that Spillway runs as. */
  readonly user: string | null
  /** Unix user by organization. */
  readonly users: Readonly<Record<string, string>>
  /** `none`: customers may run as the user that Spillway runs as. */
  readonly isolation: 'auto' | 'none'
  /** Null for a share of the node that is as large as the share of its GPUs. */
  readonly cpusPerGpu: number | null
  readonly memoryMbPerGpu: number | null
}

export interface SlurmCluster {
  /** On the file system that all nodes share. */
  readonly directory: string
  readonly bootId: string
  readonly submission: SlurmSubmission
  readonly slurm: SlurmCommand
  readonly snapshots: Snapshots
  /** Tells this installation's jobs from those of others, in the comment of each. */
  readonly instance: () => Promise<string>
  /** The words that run the agent on a node. */
  readonly agentWords: () => Promise<readonly string[]>
  /** Between SIGTERM and SIGKILL when Slurm ends a job. */
  readonly killWaitMs: () => Promise<number>
}

export function pathsOf(cluster: SlurmCluster, attemptId: string): JobPaths {
  assert(isAttemptId(attemptId), `${attemptId} cannot name an attempt`)
  return jobPaths(cluster.directory, attemptId)
}

export function commentOf(instance: string, attemptId: string): string {
  return `spillway:${instance}:${attemptId}`
}

/** The attempt that a job is of, or null for one that this installation did not submit. */
export function attemptOf(instance: string, comment: string): string | null {
  const prefix = commentOf(instance, '')
  return comment.startsWith(prefix) ? comment.slice(prefix.length) : null
}

/** How customers are kept apart on this cluster. Pure. */
export function isolationOf({ user, users, isolation }: SlurmSubmission): Isolation {
  if (user !== null)
    return {
      kind: 'accounts',
      text: `work runs as ${user}, or as its organization's own Unix user`,
    }
  if (isolation === 'none')
    return {
      kind: 'none',
      text: 'work runs as the user that Spillway runs as, and can read what it can',
    }
  const named = Object.keys(users).length
  const text = `only the ${named} organizations that have a Unix user in the fleet file may run here`
  return named > 0
    ? { kind: 'accounts', text }
    : {
        kind: 'owner_only',
        text: 'no Unix user is named for customers, so all work runs as Spillway',
      }
}

/** The Unix user that an organization's work runs as; null for the user that Spillway runs as. */
export function userOf({ submission }: SlurmCluster, organizationId: string): string | null {
  return submission.users[organizationId] ?? submission.user
}
