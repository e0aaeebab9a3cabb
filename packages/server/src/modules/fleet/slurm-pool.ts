/** What the fleet file says of a pool that a Slurm cluster drives: where it is, and as whom and how work is submitted. Pure. */
import { z } from 'zod'

const slurmName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}$/, 'write the name as Slurm has it')
const unixUser = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'write the name of a Unix user')
const path = z
  .string()
  .startsWith('/', 'write a path from the root, such as /shared/spillway')
  .max(300)
  .refine((text) => !text.includes('%'), 'must not contain %, which Slurm replaces')

export const slurm = z.strictObject({
  partition: slurmName,
  /** Where Slurm looks by itself when it is left out. */
  conf: path.optional(),
  /** On a file system that this machine and all nodes share. */
  workFolder: path,
  /** Of what is sold; the parent of the accounts of organizations where each has its own. */
  account: slurmName.optional(),
  accountPerOrganization: z.boolean('write true or false').default(false),
  /** Quality of service by kind of lease. */
  qos: z
    .strictObject({
      anchor: slurmName.optional(),
      on_demand: slurmName.optional(),
      spot: slurmName.optional(),
      flex: slurmName.optional(),
      serving: slurmName.optional(),
    })
    .default({}),
  /** Whom work runs as, and by organization; needs Spillway to run as root. */
  user: unixUser.optional(),
  users: z.record(z.string().min(1).max(60), unixUser).default({}),
  /** `none`: customers run as the user that Spillway runs as, and can read what it can. */
  isolation: z.enum(['auto', 'none'], 'write auto or none').default('auto'),
  /** Node.js on the nodes; the server brings its own along when it is left out. */
  node: path.optional(),
  cpusPerGpu: z.number().int().min(1).max(1024).optional(),
  memoryMbPerGpu: z.number().int().min(1).max(100_000_000).optional(),
})

/** The shapes by the path at which they stand, to guess what a misspelt key was to be. */
export const SLURM_SHAPES: Readonly<Record<string, z.ZodObject>> = {
  slurm,
  'slurm.qos': slurm.shape.qos.unwrap(),
}

interface SlurmPool {
  readonly name: string
  readonly slurm: z.output<typeof slurm>
}

/** Why a pool cannot be beside those before it: two of one partition would sell its GPUs twice. */
export function whySoldTwice(
  { name, slurm: own }: SlurmPool,
  before: readonly SlurmPool[],
): string | null {
  const first = before.find(
    ({ slurm: other }) => other.partition === own.partition && other.conf === own.conf,
  )
  if (first === undefined) return null
  return `pool \`${name}\` would sell the GPUs of \`${first.name}\` a second time: both are the partition ${own.partition}`
}
