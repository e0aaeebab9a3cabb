/**
 * Reads a job trace: the columns of the public GFS trace, of Chronus, or plain ones of our own. Either every row is
 * sound, or the trace is refused with what is wrong in which row and field. Rows out of order are sorted, and told of.
 */
import type { Job, JobKind } from '../job.ts'
import { type Bounds, Faults, readTable, type Row } from './table.ts'

const MINUTE_S = 60
/** Nothing runs, or comes, later than ten years. */
const SUBMIT: Bounds = { min: 0, max: 315_360_000 }
/** A job that runs for more than a year is a mistake. */
const DURATION: Bounds = { min: 0, max: 31_536_000 }
const WORKERS: Bounds = { min: 1, max: 65_535 }
const GPUS: Bounds = { min: 0, max: 1_000_000 }

export interface Trace {
  readonly kind: 'read'
  readonly format: string
  readonly jobs: readonly Job[]
  readonly organizations: readonly string[]
  /** What was left out or put right, in sentences. */
  readonly notes: readonly string[]
}

export type TraceReading = Trace | { readonly kind: 'refused'; readonly faults: readonly string[] }

export interface TraceOrder {
  /** Rows of other pools are left out; where absent, all count. */
  readonly pool?: string
  /** GPUs of the largest node: wider work is made of several workers. */
  readonly nodeGpus: number
  /** Whether a row that asks for a part of a GPU is a fault; else it gets a whole one. */
  readonly arePartsRefused?: boolean
}

interface Draft {
  readonly row: Row
  readonly kind: JobKind
  readonly organization: string
  readonly gpus: number
  readonly workers: number
  readonly submitS: number
  readonly durationS: number
}

interface Format {
  readonly name: string
  readonly columns: readonly string[]
  readonly isOurs: (row: Row, order: TraceOrder) => boolean
  readonly read: (row: Row, order: TraceOrder) => Draft | null
}

function kindOf(row: Row, field: string, kinds: Readonly<Record<string, JobKind>>): JobKind | null {
  const kind = kinds[row.text(field)]
  const known = Object.keys(kinds).join(' or ')
  return kind ?? row.fault(field, `${JSON.stringify(row.text(field))} is not ${known}`)
}

/** All parts, or null where one is faulty; each of them is looked at. */
function complete(
  row: Row,
  parts: { readonly [Part in keyof Omit<Draft, 'row'>]: Draft[Part] | null },
) {
  const { kind, organization, gpus, workers, submitS, durationS } = parts
  if (kind === null || organization === null || gpus === null) return null
  if (workers === null || submitS === null || durationS === null) return null
  return { row, kind, organization, gpus, workers, submitS, durationS }
}

const GFS: Format = {
  name: 'gfs',
  columns: [
    'organization',
    'gpu_model',
    'gpu_request',
    'worker_num',
    'submit_time',
    'duration',
    'job_type',
  ],
  isOurs: (row, { pool }) => pool === undefined || row.text('gpu_model') === pool,
  read: (row) =>
    complete(row, {
      kind: kindOf(row, 'job_type', { HP: 'anchor', Spot: 'spot' }),
      organization: row.text('organization'),
      gpus: row.amount('gpu_request', GPUS),
      workers: row.amount('worker_num', WORKERS),
      submitS: row.amount('submit_time', SUBMIT),
      durationS: row.amount('duration', DURATION),
    }),
}

function minutes(value: number | null): number | null {
  return value === null ? null : value * MINUTE_S
}

const MINUTES = (bounds: Bounds): Bounds => ({ min: bounds.min, max: bounds.max / MINUTE_S })

/** Work wider than a node becomes as few equal workers as there are. */
function split(
  gpus: number,
  nodeGpus: number,
): { readonly gpus: number; readonly workers: number } {
  if (gpus <= nodeGpus) return { gpus, workers: 1 }
  let each = nodeGpus
  while (gpus % each !== 0) each--
  return { gpus: each, workers: gpus / each }
}

const CHRONUS: Format = {
  name: 'chronus',
  columns: ['user', 'num_gpu', 'submit_time', 'duration', 'job_type'],
  isOurs: () => true,
  read: (row, { nodeGpus }) => {
    const all = row.amount('num_gpu', GPUS)
    const parts = all === null ? { gpus: null, workers: null } : split(all, nodeGpus)
    return complete(row, {
      kind: kindOf(row, 'job_type', { strict: 'anchor', best: 'spot' }),
      organization: row.text('user'),
      ...parts,
      submitS: minutes(row.amount('submit_time', MINUTES(SUBMIT))),
      durationS: minutes(row.amount('duration', MINUTES(DURATION))),
    })
  },
}

const PLAIN: Format = {
  name: 'spillway',
  columns: ['kind', 'organization', 'gpus', 'workers', 'submit_s', 'duration_s'],
  isOurs: () => true,
  read: (row) =>
    complete(row, {
      kind: kindOf(row, 'kind', { anchor: 'anchor', spot: 'spot' }),
      organization: row.text('organization'),
      gpus: row.amount('gpus', GPUS),
      workers: row.amount('workers', WORKERS),
      submitS: row.amount('submit_s', SUBMIT),
      durationS: row.amount('duration_s', DURATION),
    }),
}

const FORMATS = [GFS, CHRONUS, PLAIN]

function whyUnknown(columns: ReadonlySet<string>): string {
  const missing = FORMATS.map(({ name, columns: wanted }) => {
    const absent = wanted.filter((column) => !columns.has(column))
    return `${absent.join(', ')} for the format ${name}`
  })
  return `row 1, field header: the columns are of no known trace; missing are ${missing.join('; ')}`
}

function checkWhole({ row, gpus, workers }: Draft, { arePartsRefused = false }: TraceOrder): void {
  if (arePartsRefused && gpus > 0 && gpus < 1)
    row.fault(
      'gpus',
      `${gpus} is a part of a GPU, and whole ones are sold; \`partOfGpu: whole\` in the scenario gives it a whole one`,
    )
  if (!Number.isInteger(workers)) row.fault('workers', `${workers} is not a whole number`)
  if (gpus > 1 && !Number.isInteger(gpus))
    row.fault('gpus', `${gpus} is neither a whole number nor a part of one GPU`)
}

function notesOf(drafts: readonly Draft[], kept: readonly Draft[]): string[] {
  const late = drafts.filter((draft, at) => draft.submitS < (drafts[at - 1]?.submitS ?? 0))
  const idle = drafts.filter(({ gpus }) => gpus === 0).length
  const parts = kept.filter(({ gpus }) => gpus < 1).length
  const instant = drafts.filter(({ durationS }) => durationS === 0).length
  const first = late[0]?.row.number
  return [
    ...(first === undefined
      ? []
      : [
          `${late.length} rows are submitted before the row above them, the first is row ${first}; all are sorted`,
        ]),
    ...(idle === 0 ? [] : [`${idle} rows ask for no GPU and are left out`]),
    ...(instant === 0 ? [] : [`${instant} rows run for no time and are left out`]),
    ...(parts === 0 ? [] : [`${parts} rows ask for a part of a GPU and get a whole one`]),
  ]
}

export function readTrace(text: string, order: TraceOrder): TraceReading {
  const faults = new Faults()
  const { columns, rows } = readTable(text, faults)
  const format = FORMATS.find(({ columns: wanted }) =>
    wanted.every((column) => columns.has(column)),
  )
  if (!format) return { kind: 'refused', faults: [whyUnknown(columns)] }
  const drafts = rows
    .filter((row) => format.isOurs(row, order))
    .flatMap((row) => format.read(row, order) ?? [])
  for (const draft of drafts) checkWhole(draft, order)
  const wrong = faults.list()
  if (wrong.length > 0) return { kind: 'refused', faults: wrong }
  const kept = drafts.filter(({ gpus, durationS }) => gpus > 0 && durationS > 0)
  if (kept.length === 0) return { kind: 'refused', faults: ['row 2, field all: there is no job'] }
  const organizations = [...new Set(kept.map(({ organization }) => organization))]
  const positions = new Map(organizations.map((name, at) => [name, at]))
  const jobs = kept
    .toSorted((a, b) => a.submitS - b.submitS)
    .map(({ kind, organization, gpus, workers, submitS, durationS }, id): Job => ({
      ...{ id, kind, workers, gpus: Math.ceil(gpus) },
      organization: positions.get(organization) ?? 0,
      submitS: Math.round(submitS),
      durationS: Math.max(1, Math.round(durationS)),
    }))
  return { kind: 'read', format: format.name, jobs, organizations, notes: notesOf(drafts, kept) }
}

/** Jobs that no fleet of such nodes could ever hold. */
export function unplaceable(jobs: readonly Job[], sizes: readonly number[]): readonly Job[] {
  const fitting = (gpus: number) => sizes.reduce((sum, size) => sum + Math.floor(size / gpus), 0)
  const byGpus = new Map(
    [...new Set(jobs.map(({ gpus }) => gpus))].map((gpus) => [gpus, fitting(gpus)]),
  )
  return jobs.filter(({ gpus, workers }) => workers > (byGpus.get(gpus) ?? 0))
}
