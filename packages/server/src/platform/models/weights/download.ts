/**
 * Loads one file from a hub into a part file, taking it up again after every cut, until it is whole and its checksum
 * is right. Bounded: it gives up when several attempts in a row bring no new byte.
 */
import type { Dispatcher } from 'undici'
import {
  type Hub,
  type HubFile,
  header,
  openHubFile,
  refusal,
  strongTag,
  unreachable,
} from './hub.ts'
import { type Progress, type WeightsFailure, diskFull } from './outcome.ts'
import type { PartFile } from './part-file.ts'

export interface DownloadSource {
  readonly hub: Hub
  readonly url: string
  readonly file: HubFile
}

export interface DownloadOptions {
  readonly part: PartFile
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  readonly bytesFree: () => Promise<number>
  /** Waits after a cut; the step counts the attempts in a row that brought nothing. */
  readonly wait: (step: number) => Promise<void>
}

type Step =
  | { readonly kind: 'whole' }
  | { readonly kind: 'cut'; readonly error: unknown }
  | WeightsFailure

const FRUITLESS_ATTEMPTS_MAX = 4
/** Left free on the disk for everybody else. */
const BYTES_RESERVED = 64 * 1024 * 1024

/** Null when the part file is whole. */
export async function download(
  source: DownloadSource,
  options: DownloadOptions,
): Promise<WeightsFailure | null> {
  const { part, signal } = options
  let fruitless = 0
  for (;;) {
    const before = part.length()
    const step = await attempt(source, options)
    if (step.kind === 'whole') return null
    if (signal.aborted) return { kind: 'cancelled', text: 'Loading the weights was cancelled.' }
    if (step.kind !== 'cut') return step
    if (isDiskFull(step.error))
      return diskFull(bytesMissing(source, part), await options.bytesFree())
    fruitless = part.length() > before ? 0 : fruitless + 1
    if (fruitless >= FRUITLESS_ATTEMPTS_MAX) return unreachable(source.url, step.error)
    await options.wait(fruitless)
  }
}

function bytesMissing({ file }: DownloadSource, part: PartFile): number {
  return Math.max(0, (file.bytes ?? part.length()) - part.length())
}

function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'ENOSPC' || code === 'EDQUOT'
}

async function attempt(source: DownloadSource, options: DownloadOptions): Promise<Step> {
  const { part } = options
  const total = source.file.bytes
  if (total !== null && part.length() > total) await part.restart(null)
  if (total !== null && total > 0 && part.length() === total) return { kind: 'whole' }
  const missing = bytesMissing(source, part)
  const free = await options.bytesFree()
  if (free < missing + BYTES_RESERVED) return diskFull(missing, free)
  try {
    return await receive(source, options)
  } catch (error) {
    // Whatever breaks a connection or a disk, the bytes before it are good.
    return { kind: 'cut', error }
  }
}

async function receive(source: DownloadSource, options: DownloadOptions): Promise<Step> {
  const { part, signal } = options
  const tag = part.tag()
  // If-Range: the rest only if it is still the same file, or else everything.
  const headers: Record<string, string> =
    tag === null ? {} : { range: `bytes=${part.length()}-`, 'if-range': `"${tag}"` }
  const response = await openHubFile(source.hub, source.url, { headers, signal })
  if ('kind' in response) return response
  const { statusCode } = response
  if (statusCode >= 400 && statusCode !== 416) return refuse(response, source.url)
  if (statusCode === 416 || (statusCode === 206 && !continues(response, part))) {
    await response.body.dump()
    await part.restart(null)
    return { kind: 'cut', error: new Error('the content server does not continue the file') }
  }
  if (statusCode !== 206) await part.restart(strongTag(header(response.headers, 'etag')))
  const total = announcedTotal(source, response)
  await store(response, options, total)
  return judgeLength(total, part)
}

/** The hub's troubles pass, so they are tried again; a refusal stays one. */
async function refuse(response: Dispatcher.ResponseData, url: string): Promise<Step> {
  await response.body.dump()
  const failure = refusal(response.statusCode, response.headers, url)
  return failure.kind === 'unreachable' ? { kind: 'cut', error: new Error(failure.text) } : failure
}

function continues({ headers }: Dispatcher.ResponseData, part: PartFile): boolean {
  return header(headers, 'content-range')?.startsWith(`bytes ${part.length()}-`) ?? false
}

/** How long the whole file is; null when nobody said. */
function announcedTotal(
  { file }: DownloadSource,
  { headers, statusCode }: Dispatcher.ResponseData,
): number | null {
  if (file.bytes !== null) return file.bytes
  const range = /\/(\d+)$/.exec(header(headers, 'content-range') ?? '')?.[1]
  if (range !== undefined) return Number(range)
  const length = header(headers, 'content-length')
  return statusCode === 200 && length !== null ? Number(length) : null
}

async function store(
  { body }: Dispatcher.ResponseData,
  { part, onProgress }: DownloadOptions,
  bytesTotal: number | null,
): Promise<void> {
  for await (const chunk of body) {
    await part.append(chunk as Buffer)
    onProgress({ bytesDone: part.length(), bytesTotal })
  }
}

function judgeLength(total: number | null, part: PartFile): Step {
  if (total === null || part.length() === total) return { kind: 'whole' }
  return { kind: 'cut', error: new Error(`${part.length()} of ${total} bytes came`) }
}
