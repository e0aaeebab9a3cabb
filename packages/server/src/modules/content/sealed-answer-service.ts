/** Answers as they are kept: sealed under the installation's pepper, for one place each, so that none can be read in another's. */
import { z } from 'zod'
import { openText, sealText } from '#platform/sealed-text.ts'
import type { KeptAnswer } from './keyed-call.ts'

const Kept = z.object({
  requestId: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
})

interface Place {
  readonly pepper: string
  /** What it is kept as, and under which name. */
  readonly name: string
}

const sealOf = ({ pepper, name }: Place) => ({ pepper, purpose: `kept content ${name}` })

export function sealAnswer({ requestId, headers, body }: KeptAnswer, place: Place): string {
  return sealText(JSON.stringify({ requestId, headers, body }), sealOf(place))
}

export function openAnswer(sealed: string, place: Place): KeptAnswer {
  return Kept.parse(JSON.parse(openText(sealed, sealOf(place))))
}

/** What is stored of one request: what was sent on, and what was answered. */
const Stored = z.object({
  request: z.record(z.string(), z.unknown()),
  answer: z.record(z.string(), z.unknown()),
})

interface JsonTexts {
  readonly request: string
  readonly answer: string
}

export function sealContent({ request, answer }: JsonTexts, place: Place): string {
  return sealText(`{"request":${request},"answer":${answer}}`, sealOf(place))
}

export function openContent(sealed: string, place: Place): z.infer<typeof Stored> {
  return Stored.parse(JSON.parse(openText(sealed, sealOf(place))))
}
