/**
 * What somebody fills in to run a command, and what it means: the request, the same as CLI and as curl, and what it
 * will cost. Pure; all amounts are exact.
 */
import {
  CreateLease,
  type Pool,
  type RequeuePolicy,
  runAnchor,
  type Tier,
} from '@spillway/contract'
import type { z } from 'zod'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { divideHalfEven, parsePicos, renderAmount } from '../../ui/format/money.ts'
import { slotWord } from '../../ui/format/slots.ts'
import { quoteWord, quoteWords, splitCommand } from './command-words.ts'

export type DraftKind = Tier | 'anchor'

/** The fields as typed: text, until a request is made of them. */
export interface LeaseDraft {
  readonly kind: DraftKind
  readonly command: string
  readonly gpus: string
  readonly pool: string
  readonly name: string
  readonly maxPrice: string
  readonly timeLimitHours: string
  readonly graceSeconds: string
  readonly noticeSignal: string
  readonly requeue: RequeuePolicy
  readonly workingDirectory: string
  readonly environment: string
  /** Variables that nothing shows again. */
  readonly secrets: string
  /** Empty: a job. `0`: a service whose port is picked for it. */
  readonly port: string
  readonly healthPath: string
}

export const EMPTY_DRAFT: LeaseDraft = {
  kind: 'spot',
  command: '',
  gpus: '1',
  pool: '',
  name: '',
  maxPrice: '',
  timeLimitHours: '',
  graceSeconds: '5',
  noticeSignal: 'SIGTERM',
  requeue: 'never',
  workingDirectory: '',
  environment: '',
  secrets: '',
  port: '',
  healthPath: '',
}

export type LeaseRequest = z.input<typeof CreateLease>

const HOUR_MS = 3_600_000
const SECOND_MS = 1000

/** The form's fields by the request's. */
export const REQUEST_FIELDS = {
  maxPriceUsdPerGpuHour: 'maxPrice',
  timeLimitMs: 'timeLimitHours',
  graceMs: 'graceSeconds',
  tier: 'kind',
} as const

export function draftSchema(kind: DraftKind): z.ZodType {
  return kind === 'anchor' ? runAnchor.body : CreateLease
}

function readNumber(text: string, field: keyof LeaseDraft): number {
  const value = Number(text.replace(',', '.'))
  if (text.trim() === '' || Number.isNaN(value)) throw new FormRefusal(field, 'Write a number.')
  return value
}

function readCommand(text: string): string[] {
  const split = splitCommand(text)
  if (split.kind === 'open_quote')
    throw new FormRefusal('command', `A quotation mark ${split.quote} is opened and not closed.`)
  return [...split.words]
}

/** `NAME=value` lines. */
export function readEnvironment(
  text: string,
  field: 'environment' | 'secrets' = 'environment',
): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      if (at < 1) throw new FormRefusal(field, `“${line.slice(0, 40)}” is not NAME=value.`)
      return [line.slice(0, at).trim(), line.slice(at + 1)]
    }),
  )
}

type Work = Omit<LeaseRequest, 'tier' | 'maxPriceUsdPerGpuHour' | 'noticeSignal' | 'requeue'>

/** What makes it a service; nothing for a job. */
function serviceOf({ port, healthPath }: LeaseDraft): Pick<LeaseRequest, 'mode' | 'service'> {
  if (port.trim() === '') return {}
  const path = healthPath.trim()
  const health = path === '' ? {} : { health: { path } }
  return { mode: 'service', service: { port: readNumber(port, 'port'), ...health } }
}

function workOf(draft: LeaseDraft): Work {
  const secretEnvironment = readEnvironment(draft.secrets, 'secrets')
  const environment = readEnvironment(draft.environment)
  const limit = draft.timeLimitHours.trim()
  return {
    command: readCommand(draft.command),
    gpus: readNumber(draft.gpus, 'gpus'),
    ...(draft.pool === '' ? {} : { pool: draft.pool }),
    ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
    ...(Object.keys(secretEnvironment).length === 0 ? {} : { secretEnvironment }),
    ...serviceOf(draft),
    ...(draft.workingDirectory.trim() === ''
      ? {}
      : { workingDirectory: draft.workingDirectory.trim() }),
    ...(limit === ''
      ? {}
      : { timeLimitMs: Math.round(readNumber(limit, 'timeLimitHours') * HOUR_MS) }),
    graceMs: Math.round(readNumber(draft.graceSeconds, 'graceSeconds') * SECOND_MS),
  }
}

/** The request a draft stands for. Throws a `FormRefusal` where no request can be made of it. */
export function toRequest(draft: LeaseDraft): LeaseRequest | Work {
  const work = workOf(draft)
  if (draft.kind === 'anchor') return work
  const maxPrice = draft.maxPrice.trim()
  return {
    ...work,
    tier: draft.kind,
    ...(maxPrice === '' ? {} : { maxPriceUsdPerGpuHour: maxPrice }),
    noticeSignal: draft.noticeSignal as NonNullable<LeaseRequest['noticeSignal']>,
    requeue: draft.requeue,
  }
}

const CLI_UNITS = [
  ['h', HOUR_MS],
  ['m', 60_000],
  ['s', SECOND_MS],
  ['ms', 1],
] as const

/** A typed number of units as the CLI wants durations: `1h30m`; empty while it is not one. */
function cliDuration(text: string, unitMs: number): string {
  let left = Math.round(Number(text.replace(',', '.')) * unitMs)
  if (text.trim() === '' || !Number.isFinite(left) || left < 0) return ''
  const parts = CLI_UNITS.map(([unit, sizeMs]) => {
    const count = Math.floor(left / sizeMs)
    left -= count * sizeMs
    return count === 0 ? '' : `${count}${unit}`
  })
  return parts.join('') || '0'
}

const REQUEUE_WORDS: Readonly<Record<RequeuePolicy, readonly string[]>> = {
  never: [],
  on_reclaim: ['--requeue'],
  on_failure: ['--requeue', 'on_failure'],
}

/** The same as a command line of the CLI. */
export function renderCli(draft: LeaseDraft): string {
  const { command, environment } = readLeniently(draft)
  const options: (readonly [string, string])[] = [
    ['--gpus', draft.gpus.trim() || '1'],
    ['--tier', draft.kind === 'anchor' ? '' : draft.kind],
    ['--max-price', draft.kind === 'anchor' ? '' : draft.maxPrice.trim()],
    ['--pool', draft.pool],
    ['--name', draft.name.trim()],
    ['--time-limit', cliDuration(draft.timeLimitHours, HOUR_MS)],
    [
      '--grace',
      draft.graceSeconds.trim() === EMPTY_DRAFT.graceSeconds
        ? ''
        : cliDuration(draft.graceSeconds, SECOND_MS),
    ],
    [
      '--notice-signal',
      draft.kind === 'anchor' || draft.noticeSignal === 'SIGTERM' ? '' : draft.noticeSignal,
    ],
    ['--workdir', draft.workingDirectory.trim()],
    ['--port', draft.port.trim() === '0' ? 'auto' : draft.port.trim()],
    ['--health-path', draft.port.trim() === '' ? '' : draft.healthPath.trim()],
  ]
  const written = options
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name} ${quoteWord(value)}`)
  // A secret is taken from where the line runs, so that it does not stand in it.
  const secrets = draft.secrets.split('\n').flatMap((line) => {
    const at = line.indexOf('=')
    return at > 0 ? [`--secret ${quoteWord(line.slice(0, at).trim())}`] : []
  })
  const variables = environment.map((pair) => `--env ${quoteWord(pair)}`).concat(secrets)
  const requeue = draft.kind === 'anchor' ? [] : REQUEUE_WORDS[draft.requeue]
  const verb = draft.kind === 'anchor' ? 'anchor run' : 'lease create'
  return [`npx spillway ${verb}`, ...written, ...variables, ...requeue, '--', command].join(' ')
}

/** The same as curl, with the key left to the reader's environment. */
export function renderCurl(draft: LeaseDraft, origin: string): string {
  const path = draft.kind === 'anchor' ? '/api/v1/anchor/leases' : '/api/v1/leases'
  let body: string
  try {
    body = JSON.stringify(toRequest(draft))
  } catch (error) {
    if (!(error instanceof FormRefusal)) throw error
    body = '{}'
  }
  return [
    `curl ${origin}${path} \\`,
    '  -H "Authorization: Bearer $SPILLWAY_KEY" \\',
    `  -H 'Content-Type: application/json' \\`,
    '  -H "Idempotency-Key: $(uuidgen)" \\',
    `  -d ${quoteWord(body)}`,
  ].join('\n')
}

/** A half-written draft still shows a command line. */
function readLeniently(draft: LeaseDraft): { command: string; environment: readonly string[] } {
  const split = splitCommand(draft.command)
  const words = split.kind === 'words' ? split.words : []
  return {
    command: words.length > 0 ? quoteWords(words) : 'COMMAND',
    environment: draft.environment.split('\n').filter((line) => line.indexOf('=') > 0),
  }
}

export interface Estimate {
  readonly gpus: number
  readonly accelerator: string
  /** All GPUs for an hour at the pool's price now. */
  readonly hourlyPicos: bigint
  /** All GPUs for an hour at the highest price the draft accepts. */
  readonly hourlyMaxPicos: bigint
  readonly hours: number | null
  /** For the whole time limit; null without one. */
  readonly totalPicos: bigint | null
  readonly totalMaxPicos: bigint | null
}

/** What a draft will cost at the pool's price now; null while it cannot be told, or nothing is charged. */
export function estimate(draft: LeaseDraft, pool: Pool | undefined): Estimate | null {
  const gpus = Number(draft.gpus)
  if (pool === undefined || draft.kind === 'anchor' || !Number.isInteger(gpus) || gpus < 1)
    return null
  const price = parsePicos(pool.priceUsdPerGpuHour[draft.kind])
  const typed = draft.maxPrice.trim()
  const highest = /^\d{1,14}(\.\d{1,12})?$/.test(typed) ? parsePicos(typed) : price
  const hours = Number(draft.timeLimitHours.replace(',', '.'))
  const limitMs =
    draft.timeLimitHours.trim() !== '' && hours > 0 ? BigInt(Math.round(hours * HOUR_MS)) : null
  const overLimit = (hourly: bigint): bigint | null =>
    limitMs === null ? null : divideHalfEven(hourly * limitMs, BigInt(HOUR_MS))
  const hourlyPicos = price * BigInt(gpus)
  const hourlyMaxPicos = highest * BigInt(gpus)
  return {
    gpus,
    accelerator: slotWord(pool),
    hourlyPicos,
    hourlyMaxPicos,
    hours: limitMs === null ? null : hours,
    totalPicos: overLimit(hourlyPicos),
    totalMaxPicos: overLimit(hourlyMaxPicos),
  }
}

/** Whether the highest accepted price lies below the price now, which the server will refuse. */
export function isBelowMarket(found: Estimate): boolean {
  return found.hourlyMaxPicos < found.hourlyPicos
}

export function renderHours(hours: number): string {
  return `${renderAmount(parsePicos(String(Number(hours.toFixed(4)))))} h`
}
