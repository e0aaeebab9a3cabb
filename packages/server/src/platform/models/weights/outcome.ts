/** What can come of looking for weights. Every outcome but the first has a sentence for people. Pure. */
import type { GgufHeader } from '../gguf/header.ts'

export interface ReadyWeights {
  readonly kind: 'ready'
  /** `toy` when no weights were named. */
  readonly source: 'toy' | 'file' | 'hub'
  readonly path: string
  readonly bytes: number
  /** Null for a file of the operator's own that nobody asked to verify. */
  readonly sha256: string | null
  readonly header: GgufHeader
}

export type WeightsFailure =
  /** The reference itself is wrong. */
  | { readonly kind: 'invalid_reference'; readonly text: string }
  /** There is no such file, repository or revision. */
  | { readonly kind: 'not_found'; readonly text: string }
  /** The hub wants a token, or the acceptance of a licence. */
  | { readonly kind: 'access_denied'; readonly text: string }
  /** The hub does not answer, or stopped answering. What was loaded is kept; the caller may serve the toy meanwhile. */
  | { readonly kind: 'unreachable'; readonly text: string }
  | {
      readonly kind: 'checksum_mismatch'
      readonly text: string
      readonly wanted: string
      readonly found: string
    }
  | {
      readonly kind: 'disk_full'
      readonly text: string
      readonly bytesNeeded: number
      readonly bytesFree: number
    }
  /** The file is not a model that llama.cpp could load. */
  | { readonly kind: 'not_a_model'; readonly text: string }
  | { readonly kind: 'cancelled'; readonly text: string }

export type WeightsOutcome = ReadyWeights | WeightsFailure

export interface Progress {
  readonly bytesDone: number
  /** Null when the hub does not say. */
  readonly bytesTotal: number | null
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** `1.4 GB` */
function renderBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

/** `1.4 GB of 4.7 GB (30 %)` */
export function renderProgress({ bytesDone, bytesTotal }: Progress): string {
  if (bytesTotal === null || bytesTotal === 0) return renderBytes(bytesDone)
  const percent = Math.floor((bytesDone / bytesTotal) * 100)
  return `${renderBytes(bytesDone)} of ${renderBytes(bytesTotal)} (${percent} %)`
}

export function diskFull(bytesNeeded: number, bytesFree: number): WeightsFailure {
  const text =
    `The disk has ${renderBytes(bytesFree)} free and the weights need ${renderBytes(bytesNeeded)} more. ` +
    'Free some space, or put the data folder on another disk.'
  return { kind: 'disk_full', text, bytesNeeded, bytesFree }
}

export function checksumMismatch(
  what: string,
  checksums: { readonly wanted: string; readonly found: string },
): WeightsFailure {
  const text =
    `${what} has the SHA-256 ${checksums.found}, but ${checksums.wanted} was expected. ` +
    'It was not used. Check the reference and the `sha256` beside it.'
  return { kind: 'checksum_mismatch', text, ...checksums }
}
