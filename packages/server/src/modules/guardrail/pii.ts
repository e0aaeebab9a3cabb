/**
 * Finds what points at a person or opens a door. What has a check digit is checked, so that a number that only looks
 * like one is left alone. Everything is bounded, so that no text takes long.
 */
import type { PiiType } from '@spillway/contract'
import { isCardNumber, isIban, isIpAddress, isPhone } from './pii-checks.ts'
import type { Finder, Span } from './span.ts'

/** Found by a pattern alone, within one word. */
interface Shaped {
  readonly pattern: RegExp
}

/** Has parts: where it ends is seen only by whether the whole is one. */
interface Parted {
  /** Where one may begin. */
  readonly start: RegExp
  /** What may stand in one. */
  readonly sign: RegExp
  readonly lengthMin: number
  readonly lengthMax: number
  readonly isOne: (found: string) => boolean
  /** The end of a text that may be a beginning too short for `start`. */
  readonly open: RegExp
}

const DIGITS = { sign: /[\d ().-]/, open: /[+(]$/ }

const SHAPED: Readonly<Partial<Record<PiiType, Shaped>>> = {
  email: {
    pattern: /(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])/gi,
  },
  us_ssn: {
    pattern: /(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
  },
  /** Keys with well-known beginnings, and signed tokens. */
  secret_key: {
    pattern:
      /(?<![\w-])(?:(?:sk|pk|rk|op)[-_][\w-]{16,200}|gh[pousr]_\w{30,255}|github_pat_\w{40,255}|xox[abpr]-[\w-]{10,200}|AKIA[A-Z0-9]{16}|AIza[\w-]{35}|eyJ[\w-]{8,2000}\.[\w-]{8,1500}\.[\w-]{8,500})(?![\w-])|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/g,
  },
}

const PARTED: Readonly<Partial<Record<PiiType, Parted>>> = {
  phone: {
    ...DIGITS,
    start: /(?<![\w+.)-]|\d )[+(\d]/g,
    sign: /[\d +().-]/,
    ...{ lengthMin: 9, lengthMax: 30, isOne: isPhone },
  },
  credit_card: {
    ...DIGITS,
    start: /(?<![\w-])\d/g,
    ...{ lengthMin: 13, lengthMax: 38, isOne: isCardNumber },
  },
  iban: {
    start: /(?<!\w)[A-Z]{2}\d{2}/g,
    sign: /[A-Z\d ]/,
    ...{ lengthMin: 15, lengthMax: 42, isOne: isIban },
    open: /(?<!\w)[A-Z]{1,2}\d?$/,
  },
  ip_address: {
    start: /(?<![\w.])\d/g,
    sign: /[\d.]/,
    ...{ lengthMin: 7, lengthMax: 15, isOne: isIpAddress },
    open: /(?!)/,
  },
}

function isSign(text: string, at: number, sign: RegExp): boolean {
  const found = text[at]
  return found !== undefined && sign.test(found)
}

/** Where the longest stretch from here ends that may be one; up to one more than that where it may go on. */
function reach(text: string, from: number, { sign, lengthMax }: Parted): number {
  let to = from + 1
  while (to - from <= lengthMax && isSign(text, to, sign)) to++
  return to
}

/** The end of the longest one from here; null where there is none. */
function endOf(text: string, from: number, parted: Parted): number | null {
  const { lengthMin, lengthMax, isOne } = parted
  for (let to = Math.min(reach(text, from, parted), from + lengthMax); to - from >= lengthMin; to--)
    if (!isSign(text, to, /[\w-]/) && isOne(text.slice(from, to))) return to
  return null
}

interface Where {
  readonly text: string
  readonly start: number
}

function findParted({ text, start }: Where, parted: Parted, label: string): readonly Span[] {
  const spans: Span[] = []
  let upTo = start
  for (const { index: from } of text.matchAll(parted.start)) {
    if (from < upTo) continue
    const to = endOf(text, from, parted)
    if (to === null) continue
    spans.push({ from, to, label })
    upTo = to
  }
  return spans
}

const TAIL = 4200
/** A word, or the head of the first line of a private key. */
const OPEN_WORD = /(?:-----BEGIN [A-Z ]{0,30}-{0,4}|\S{1,4096})$/

function openFrom(text: string, parted: Parted): number {
  const tail = text.slice(-parted.lengthMax - 2)
  const skipped = text.length - tail.length
  for (const { index } of tail.matchAll(parted.start))
    if (reach(tail, index, parted) === tail.length) return skipped + index
  const at = tail.search(parted.open)
  return at < 0 ? text.length : skipped + at
}

/** A finder of one type. */
export function makePiiFinder(type: PiiType): Finder {
  const parted = PARTED[type]
  if (parted)
    return {
      find: (text, start = 0) => findParted({ text, start }, parted, type),
      openFrom: (text) => openFrom(text, parted),
    }
  const pattern = SHAPED[type]?.pattern ?? /(?!)/g
  return {
    find: (text, start = 0) => {
      const onward = new RegExp(pattern)
      onward.lastIndex = start
      return [...text.matchAll(onward)].map(({ 0: found, index }) => ({
        ...{ from: index, to: index + found.length, label: type },
      }))
    },
    openFrom: (text) => {
      const tail = text.slice(-TAIL)
      const at = tail.search(OPEN_WORD)
      return at < 0 ? text.length : text.length - tail.length + at
    },
  }
}
