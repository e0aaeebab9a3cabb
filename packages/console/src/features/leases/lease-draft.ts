/** What somebody fills in to run a command, and the request that it stands for. Pure. */
import {
  CreateLease,
  type LeaseMode,
  parseGpuWish,
  type RequeuePolicy,
  runAnchor,
  type Tier,
} from '@spillway/contract'
import type { z } from 'zod'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { splitCommand } from './command-words.ts'

export type DraftKind = Tier | 'anchor'

/** The fields as typed: text, until a request is made of them. */
export interface LeaseDraft {
  readonly kind: DraftKind
  readonly mode: LeaseMode
  readonly command: string
  /** Of a container; empty: the programs of the node. */
  readonly image: string
  /** `8`, or `H100:8`. */
  readonly gpus: string
  /** Empty: as few as it takes. */
  readonly nodes: string
  readonly fabric: 'any' | 'same'
  readonly pool: string
  readonly site: string
  readonly name: string
  readonly maxPrice: string
  readonly timeLimitHours: string
  readonly graceSeconds: string
  readonly noticeSignal: string
  readonly requeue: RequeuePolicy
  readonly failuresMax: string
  readonly workingDirectory: string
  readonly environment: string
  /** Variables that nothing shows again. */
  readonly secrets: string
  /** `PATH=URL` lines. */
  readonly inputs: string
  readonly outputs: string
  /** Of a service; empty: one is picked for it. */
  readonly port: string
  readonly healthPath: string
  /** Of a terminal; empty: an hour. */
  readonly idleLimitHours: string
}

export const EMPTY_DRAFT: LeaseDraft = {
  kind: 'spot',
  mode: 'job',
  command: '',
  image: '',
  gpus: '1',
  nodes: '',
  fabric: 'any',
  pool: '',
  site: '',
  name: '',
  maxPrice: '',
  timeLimitHours: '',
  graceSeconds: '5',
  noticeSignal: 'SIGTERM',
  requeue: 'never',
  failuresMax: '3',
  workingDirectory: '',
  environment: '',
  secrets: '',
  inputs: '',
  outputs: '',
  port: '',
  healthPath: '',
  idleLimitHours: '',
}

/** What runs in a terminal when no command is named: the best shell there is. */
export const SHELL = ['sh', '-c', 'command -v bash >/dev/null && exec bash -l; exec sh -l'] as const

export type LeaseRequest = z.input<typeof CreateLease>

export const HOUR_MS = 3_600_000
export const SECOND_MS = 1000

/** The form's fields by the request's. */
export const REQUEST_FIELDS = {
  maxPriceUsdPerGpuHour: 'maxPrice',
  timeLimitMs: 'timeLimitHours',
  graceMs: 'graceSeconds',
  tier: 'kind',
  accelerator: 'gpus',
  'service.port': 'port',
  'service.health.path': 'healthPath',
  idleLimitMs: 'idleLimitHours',
  secretEnvironment: 'secrets',
} as const

export function draftSchema(kind: DraftKind): z.ZodType {
  return kind === 'anchor' ? runAnchor.body : CreateLease
}

function readNumber(text: string, field: keyof LeaseDraft): number {
  const value = Number(text.replace(',', '.'))
  if (text.trim() === '' || Number.isNaN(value)) throw new FormRefusal(field, 'Write a number.')
  return value
}

function readCommand({ command, mode, image }: LeaseDraft): string[] {
  const split = splitCommand(command)
  if (split.kind === 'open_quote')
    throw new FormRefusal('command', `A quotation mark ${split.quote} is opened and not closed.`)
  if (split.words.length === 0 && mode === 'interactive' && image.trim() === '') return [...SHELL]
  return [...split.words]
}

function readGpus({ gpus }: LeaseDraft) {
  const wish = parseGpuWish(gpus)
  if (wish === null) throw new FormRefusal('gpus', 'Write a number, such as 8, or H100:8.')
  return wish
}

/** `NAME=value` lines. A value is taken as it stands, spaces too. */
function readEnvironment(text: string, field: 'environment' | 'secrets'): Record<string, string> {
  return Object.fromEntries(readPairs(text, field, 'NAME=value'))
}

/** Lines with an equals sign, as pairs of what stands before it and behind it. */
function readPairs(text: string, field: keyof LeaseDraft, shape: string): [string, string][] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const at = line.indexOf('=')
    if (at < 1) throw new FormRefusal(field, `“${line.slice(0, 40)}” is not ${shape}.`)
    return [line.slice(0, at).trim(), line.slice(at + 1)]
  })
}

/** `PATH=URL` lines. */
function readTransfers(text: string, field: 'inputs' | 'outputs'): { path: string; url: string }[] {
  return readPairs(text, field, 'PATH=URL').map(([path, url]) => ({ path, url: url.trim() }))
}

type Work = Omit<
  LeaseRequest,
  'tier' | 'maxPriceUsdPerGpuHour' | 'noticeSignal' | 'requeue' | 'failuresMax'
>

/** A field that may be left empty: nothing of it is sent then. */
function optional<K extends string, V>(name: K, text: string, read: (typed: string) => V) {
  const typed = text.trim()
  return (typed === '' ? {} : { [name]: read(typed) }) as { [key in K]?: V }
}

const asTyped = (typed: string): string => typed

function hours(field: keyof LeaseDraft) {
  return (typed: string): number => Math.round(readNumber(typed, field) * HOUR_MS)
}

/** How it is reached; nothing for a job. */
function modeOf(draft: LeaseDraft): Pick<LeaseRequest, 'mode' | 'service' | 'idleLimitMs'> {
  const { mode } = draft
  if (mode === 'job') return {}
  if (mode === 'interactive')
    return { mode, ...optional('idleLimitMs', draft.idleLimitHours, hours('idleLimitHours')) }
  const port = draft.port.trim() === '' ? 0 : readNumber(draft.port, 'port')
  const path = draft.healthPath.trim()
  return { mode, service: { port, ...(path === '' ? {} : { health: { path } }) } }
}

function placeOf(draft: LeaseDraft): Pick<LeaseRequest, 'nodes' | 'fabric' | 'pool' | 'site'> {
  return {
    ...optional('nodes', draft.nodes, (typed) => readNumber(typed, 'nodes')),
    ...(draft.fabric === 'any' ? {} : { fabric: draft.fabric }),
    ...optional('pool', draft.pool, asTyped),
    ...optional('site', draft.site, asTyped),
  }
}

/** Without those that are empty. */
function filled<T extends Readonly<Record<string, object>>>(parts: T): Partial<T> {
  const entries = Object.entries(parts).filter(([, part]) => Object.keys(part).length > 0)
  return Object.fromEntries(entries) as Partial<T>
}

function workOf(draft: LeaseDraft): Work {
  return {
    command: readCommand(draft),
    ...readGpus(draft),
    ...placeOf(draft),
    ...modeOf(draft),
    ...optional('name', draft.name, asTyped),
    ...optional('image', draft.image, asTyped),
    ...filled({
      environment: readEnvironment(draft.environment, 'environment'),
      secretEnvironment: readEnvironment(draft.secrets, 'secrets'),
      inputs: readTransfers(draft.inputs, 'inputs'),
      outputs: readTransfers(draft.outputs, 'outputs'),
    }),
    ...optional('workingDirectory', draft.workingDirectory, asTyped),
    ...optional('timeLimitMs', draft.timeLimitHours, hours('timeLimitHours')),
    graceMs: Math.round(readNumber(draft.graceSeconds, 'graceSeconds') * SECOND_MS),
  }
}

/** The request a draft stands for. Throws a `FormRefusal` where no request can be made of it. */
export function toRequest(draft: LeaseDraft): LeaseRequest | Work {
  const work = workOf(draft)
  if (draft.kind === 'anchor') return work
  const sold = {
    ...work,
    tier: draft.kind,
    ...optional('maxPriceUsdPerGpuHour', draft.maxPrice, asTyped),
  }
  // What is in a terminal would not be the same when it is started again.
  if (draft.mode === 'interactive') return sold
  return {
    ...sold,
    noticeSignal: draft.noticeSignal as NonNullable<LeaseRequest['noticeSignal']>,
    requeue: draft.requeue,
    ...(draft.requeue === 'on_failure'
      ? { failuresMax: readNumber(draft.failuresMax, 'failuresMax') }
      : {}),
  }
}
