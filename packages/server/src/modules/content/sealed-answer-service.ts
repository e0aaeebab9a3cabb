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
