/** Leases: exclusive use of some slots, from placement until the processes are confirmed gone. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Artifact,
  Environment,
  files,
  findWorkFault,
  IdleLimit,
  LeaseMode,
  LeaseService,
  LeaseTransfer,
  RequeuePolicy,
  ServiceRequest,
} from './lease-work.ts'
import {
  Amount,
  BlockId,
  ExpectedStart,
  Instant,
  LeaseId,
  Limit,
  Name,
  NodeId,
  PositiveAmount,
  Tier,
  list,
} from './primitives.ts'
import { ReclaimTerms } from './reclaims.ts'

export const LeaseState = z.enum(['pending', 'starting', 'running', 'reclaiming', 'ended'])
export type LeaseState = z.infer<typeof LeaseState>

export const LeaseKind = z.enum(['anchor', 'on_demand', 'spot', 'flex', 'serving'])
export type LeaseKind = z.infer<typeof LeaseKind>

/** Why a lease ended. */
export const EndReason = z.enum([
  'exited',
  'stopped',
  'reclaimed',
  'balance_exhausted',
  'time_limit',
  'start_failed',
  'lost',
  'faulty',
])
export type EndReason = z.infer<typeof EndReason>

/** What becomes of a lease when its block is over: it ends, or goes on as on demand where there is room. */
export const AfterBlock = z.enum(['end', 'on_demand'])
export type AfterBlock = z.infer<typeof AfterBlock>

/** Signals a lease may choose for its notice. */
export const NoticeSignal = z.enum(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'none'])

/** The slots of a lease on one node. */
export const LeasePlacement = z.object({
  node: z.string(),
  nodeId: NodeId,
  slots: z.array(z.number().int()),
})
export type LeasePlacement = z.infer<typeof LeasePlacement>

export const Lease = z.object({
  id: LeaseId,
  organization: z.string(),
  name: z.string(),
  kind: LeaseKind,
  mode: LeaseMode,
  /** Set for a service. */
  service: LeaseService.nullable(),
  /** Of an interactive lease: so long it may be left alone. Null: for ever, or it is none. */
  idleLimitMs: z.number().int().nullable(),
  state: LeaseState,
  /** Why a pending lease waits, as a sentence. */
  waitingFor: z.string().nullable(),
  /** When it is likely to start; null where it does not wait, and in lists of a pool where very many do. */
  expectedStart: ExpectedStart.nullable(),
  endReason: EndReason.nullable(),
  exitCode: z.number().int().nullable(),
  /** The signal that ended the command, such as SIGKILL. */
  exitSignal: z.string().nullable(),
  command: z.array(z.string()),
  /** The container image that it runs from, as it was named; null: the node’s own programs. */
  image: z.string().nullable(),
  /** Which image that was found to be for this attempt; null before it is known. */
  imageDigest: z.string().nullable(),
  /** Names of its secret variables. */
  secretNames: z.array(z.string()),
  inputs: z.array(LeaseTransfer),
  outputs: z.array(LeaseTransfer),
  artifactsBytesMax: z.number().int(),
  /** In all, over all nodes. */
  gpus: z.number().int(),
  nodes: z.number().int(),
  /** `same`: its nodes are on one fabric. */
  fabric: z.enum(['same', 'any']),
  pool: Name,
  /** The block that it is of; its time is paid with the block. */
  blockId: BlockId.nullable(),
  /** What becomes of it when its block is over; null without one. */
  afterBlock: AfterBlock.nullable(),
  /** The slots it has, one entry a node; empty while it waits. */
  placements: z.array(LeasePlacement),
  /** How many times it was started; more than one after a reclaim with requeue. */
  attempt: z.number().int(),
  requeue: RequeuePolicy,
  /** With `on_failure`: after so many failures it is given up. */
  failuresMax: z.number().int(),
  failures: z.number().int(),
  /** Before this it is not started again; set while it waits after a failure. */
  retryAt: Instant.nullable(),
  /** The engine’s own name of a run that Spillway did not start, and does not stop; null for what it did. */
  engineRun: z.string().nullable(),
  noticeSignal: NoticeSignal,
  noticeMs: z.number().int(),
  graceMs: z.number().int(),
  /** On which terms it may be taken back, as they were when it was created; null for the owner's work. */
  terms: ReclaimTerms.nullable(),
  /** Until when the current attempt is promised not to be taken back; null where nothing is, or before it has begun. */
  guaranteedUntil: Instant.nullable(),
  /** Reclaims in the last calendar month (UTC) that had any, for the cap of its terms; null: none so far. */
  reclaimsInMonth: z.object({ month: z.string(), count: z.number().int() }).nullable(),
  /** When it last said that its work is saved, in the current attempt. */
  checkpointAt: Instant.nullable(),
  /** Since when a reclaim has become likely; null when it is not. */
  riskElevatedAt: Instant.nullable(),
  noticeAt: Instant.nullable(),
  /** When the notice time runs out and the processes are stopped. */
  stopAt: Instant.nullable(),
  maxPriceUsdPerGpuHour: Amount.nullable(),
  /** Price at which it runs; null while pending and for the operator's own work. */
  priceUsdPerGpuHour: Amount.nullable(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** GPU-milliseconds metered so far, over all attempts. */
  gpuMs: z.number().int(),
  chargedUsd: Amount,
  heldUsd: Amount,
})
export type Lease = z.infer<typeof Lease>

/** A fact in a lease's life, for the timeline. */
export const LeaseFact = z.object({
  at: Instant,
  type: z.string(),
  /** The fact as a sentence. */
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type LeaseFact = z.infer<typeof LeaseFact>

const command = z
  .array(z.string().max(10_000))
  .max(1000)
  .refine((words) => words[0] !== '', 'the command is empty')
  .meta({ description: 'May be empty where an image says what to run.' })

const work = {
  command,
  mode: LeaseMode.default('job').meta({
    description:
      '`job` runs to its end. `service` answers at a port, is health-checked, and is reached through the API. `interactive` runs in a terminal to which people attach through the API; it starts when the first does.',
  }),
  service: ServiceRequest.optional().meta({ description: 'For the mode `service` only.' }),
  idleLimitMs: IdleLimit.optional().meta({
    description:
      'For the mode `interactive` only: it ends after so long with nobody attached and no output. Default: one hour; null: never.',
  }),
  gpus: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1)
    .meta({ description: 'In all, over all nodes.' }),
  nodes: z.number().int().min(1).max(10_000).optional().meta({
    description:
      'Over how many nodes, with the same number of GPUs on each. Default: one, or as few as it takes.',
  }),
  pool: Name.optional().meta({
    description: 'Default: the first with room now of those that are what is asked.',
  }),
  accelerator: z.string().min(1).max(120).optional().meta({
    description: 'Which accelerator, such as H100: words of the name that the pool gives it.',
  }),
  site: Name.optional(),
  region: z.string().min(1).max(120).optional(),
  jurisdiction: z.string().min(1).max(120).optional().meta({
    description: 'Under whose law the site stands, as the fleet file names it.',
  }),
  fabric: z.enum(['same', 'any']).default('any').meta({
    description: '`same`: all nodes of a gang on one fabric, or it waits.',
  }),
  name: z.string().max(120).optional(),
  environment: Environment.default({}),
  secretEnvironment: Environment.optional().meta({
    description:
      'Variables whose values are written and never read: no answer, event, record or log of Spillway shows them.',
  }),
  workingDirectory: z.string().max(4096).optional(),
  image: z.string().min(1).max(512).optional().meta({
    description:
      'A container image to run from, such as `ghcr.io/org/name:tag`, where the pool lets it. The command stands for the image’s own, behind its entrypoint.',
  }),
  ...files,
  timeLimitMs: z.number().int().min(1000).max(31_536_000_000).optional().meta({
    description: 'How long it may run, over all its attempts.',
  }),
  graceMs: z.number().int().min(0).max(600_000).default(5000).meta({
    description:
      'Between the request to stop (SIGTERM) and the kill (SIGKILL), once the notice time has run out.',
  }),
}

/** What is said of a lease that is sold, by itself or by an order. */
export const leaseFields = {
  ...work,
  tier: Tier.default('spot'),
  maxPriceUsdPerGpuHour: PositiveAmount.optional().meta({
    description: 'The most to pay per GPU-hour. Default: the pool\u2019s price now.',
  }),
  noticeSignal: NoticeSignal.default('SIGTERM').meta({
    description: 'Sent to the process group when the notice is given.',
  }),
  requeue: RequeuePolicy.default('never').meta({
    description:
      'When to start again, once there is room. `on_reclaim`: after it was taken back, whatever its exit code; the command goes on from its own checkpoint. `on_failure`: also after it failed, later each time.',
  }),
  failuresMax: z.number().int().min(1).max(100).default(3).meta({
    description: 'With `on_failure`: after so many failures it is given up. Reclaims do not count.',
  }),
}

/** A lease by itself, or within a block. An order has no block. */
export const CreateLease = z
  .strictObject({
    ...leaseFields,
    block: BlockId.optional().meta({
      description:
        'Runs within this block, at no further cost; the tier and the price are the block\u2019s. It starts at once where the block has room, or when the block begins.',
    }),
    afterBlock: AfterBlock.optional().meta({
      description:
        'When the block is over: end after a notice, or go on as on demand where there is room and money. Default: end.',
    }),
  })
  .check(findWorkFault)

export const createLease = endpoint({
  id: 'lease.create',
  method: 'POST',
  path: '/leases',
  summary: 'Create a lease: runs a command on GPUs at a price',
  permission: 'lease.create',
  body: CreateLease,
  returns: Lease,
  errors: [
    'block.not_found',
    'block.over',
    'pool.not_found',
    'pool.none_matches',
    'lease.over_capacity',
    'lease.isolation_unavailable',
    'lease.path_refused',
    'lease.image_refused',
    'lease.price_below_market',
    'quota.exceeded',
    'balance.insufficient',
  ],
  status: 201,
})

export const runAnchor = endpoint({
  id: 'anchor.run',
  method: 'POST',
  path: '/anchor/leases',
  summary: 'Run the operator\u2019s own work: it outranks what is sold, and is not charged',
  permission: 'anchor.run',
  body: z.strictObject(work).check(findWorkFault),
  returns: Lease,
  errors: ['pool.not_found', 'pool.none_matches', 'lease.over_capacity', 'lease.image_refused'],
  status: 201,
})

export const listLeases = endpoint({
  id: 'lease.list',
  method: 'GET',
  path: '/leases',
  summary: 'List leases, newest first',
  permission: 'lease.list',
  query: z.strictObject({
    state: LeaseState.optional(),
    kind: LeaseKind.optional(),
    pool: Name.optional(),
    atRisk: z
      .stringbool()
      .default(false)
      .meta({ description: 'Only those of which a reclaim has become likely.' }),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: list(Lease),
})

const byId = z.strictObject({ id: LeaseId })

export const getLease = endpoint({
  id: 'lease.get',
  method: 'GET',
  path: '/leases/{id}',
  summary: 'Get a lease',
  permission: 'lease.list',
  params: byId,
  returns: Lease,
  errors: ['lease.not_found'],
})

export const listLeaseFacts = endpoint({
  id: 'lease.facts',
  method: 'GET',
  path: '/leases/{id}/facts',
  summary: 'The timeline of a lease: one line a fact, oldest first',
  permission: 'lease.list',
  params: byId,
  returns: list(LeaseFact),
  errors: ['lease.not_found'],
})

export const getLeaseLogs = endpoint({
  id: 'lease.logs',
  method: 'GET',
  path: '/leases/{id}/logs',
  summary: 'What the command wrote (stdout and stderr together); with follow, until the lease ends',
  permission: 'lease.list',
  answer: 'text',
  params: byId,
  query: z.strictObject({
    follow: z.stringbool().default(false),
    offset: z.coerce.number().int().min(0).default(0).meta({ description: 'Bytes to skip.' }),
    tail: z.coerce
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .meta({ description: 'Only the last so many bytes.' }),
  }),
  returns: z.string(),
  errors: ['lease.not_found'],
})

export const listArtifacts = endpoint({
  id: 'lease.artifacts',
  method: 'GET',
  path: '/leases/{id}/artifacts',
  summary: 'What a lease left, or has so far, in its artifacts folder',
  permission: 'lease.use',
  params: byId,
  returns: list(Artifact),
  errors: ['lease.not_found'],
})

export const getArtifact = endpoint({
  id: 'lease.artifact',
  method: 'GET',
  path: '/leases/{id}/artifact',
  summary: 'One file of a lease\u2019s artifacts folder',
  permission: 'lease.use',
  answer: 'bytes',
  params: byId,
  query: z.strictObject({ path: z.string().min(1).max(4096) }),
  returns: z.string(),
  errors: ['lease.not_found', 'lease.artifact_not_found'],
})

export const stopLease = endpoint({
  id: 'lease.stop',
  method: 'POST',
  path: '/leases/{id}/stop',
  summary:
    'Stop a lease: asks its processes to stop, kills them after the grace; billing ends when they are gone',
  permission: 'lease.stop',
  params: byId,
  returns: Lease,
  errors: ['lease.not_found', 'lease.already_ended', 'lease.not_ours'],
})
