/**
 * What NVIDIA's DCGM has against the parts of a node, and which slots are then not sold. Pure. What cannot be understood
 * is *unread*: it says neither that a GPU is well nor that it is broken.
 */
import type { z } from 'zod'

/** A part as DCGM names it, such as `GPU` 3 or `Switch` 0. */
export interface DcgmPart {
  readonly group: string
  readonly id: number
}

export interface DcgmFinding {
  /** Null: of the node as a whole. */
  readonly part: DcgmPart | null
  readonly gravity: 'warning' | 'failure'
  /** For people. */
  readonly text: string
}

export type DcgmReading =
  | { readonly kind: 'read'; readonly findings: readonly DcgmFinding[] }
  | { readonly kind: 'unread'; readonly why: string }

const TEXT_LENGTH_MAX = 300

/** DCGM's messages may run over lines, and over pages. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= TEXT_LENGTH_MAX ? line : `${line.slice(0, TEXT_LENGTH_MAX - 1)}…`
}

export function unread(why: string): Extract<DcgmReading, { kind: 'unread' }> {
  return { kind: 'unread', why: shorten(why) }
}

export type DcgmDocument<Answer> =
  | { readonly kind: 'document'; readonly answer: Answer }
  | Extract<DcgmReading, { kind: 'unread' }>

/** The JSON in what a program printed; words of the driver or of a shell may stand around it. */
export function documentIn<Answer>(
  printed: string,
  schema: z.ZodType<Answer>,
): DcgmDocument<Answer> {
  let found: unknown
  try {
    found = JSON.parse(printed.slice(printed.indexOf('{'), printed.lastIndexOf('}') + 1))
  } catch {
    // A cut or a complaint: the finding is what it said instead.
    return unread(wordsInstead(printed))
  }
  const parsed = schema.safeParse(found)
  return parsed.success
    ? { kind: 'document', answer: parsed.data }
    : unread(`its JSON has another form: ${formFault(parsed.error)}`)
}

function formFault({ issues }: z.ZodError): string {
  const [first] = issues
  return first ? `${first.path.join('.') || 'the whole'}: ${first.message}` : 'unknown'
}

/** What a program said in place of JSON. */
function wordsInstead(printed: string): string {
  const [first = ''] = printed.split('\n').filter((line) => line.trim() !== '')
  return first === '' ? 'it printed nothing' : `it printed no JSON but “${shorten(first)}”`
}

/** Parts that all GPUs of a node need. */
const SHARED = ['Switch', 'LINK', 'CPU', 'CPU_CORE', 'ConnectX']

export interface DcgmSlotFault {
  readonly slot: number
  readonly reason: string
}

export type DcgmSlots =
  | { readonly kind: 'slots'; readonly faults: readonly DcgmSlotFault[] }
  | { readonly kind: 'unread'; readonly why: string }

export interface SlotQuestion {
  readonly slotCount: number
  /** Null for a GPU that is no slot here. */
  readonly slotOfGpu: (gpuId: number) => number | null
  /** The least that keeps a GPU from being sold. */
  readonly from: DcgmFinding['gravity']
}

/**
 * What is against a GPU is a fault of its slot. A failure of what all of them share is one of every slot; a mere warning
 * of it keeps nothing from being sold. A part that is neither makes the whole reading worthless.
 */
export function slotsOf(
  findings: readonly DcgmFinding[],
  { slotCount, slotOfGpu, from }: SlotQuestion,
): DcgmSlots {
  const reasons = new Map<number, string[]>()
  const add = (slot: number, text: string) =>
    reasons.set(slot, [...(reasons.get(slot) ?? []), text])
  for (const { part, gravity, text } of findings) {
    if (part === null || SHARED.includes(part.group)) {
      const what = part === null ? 'the node' : `${part.group} ${part.id}`
      if (gravity === 'failure')
        for (let slot = 0; slot < slotCount; slot++) add(slot, `${what}, which it needs: ${text}`)
      continue
    }
    const slot = part.group === 'GPU' ? slotOfGpu(part.id) : null
    if (slot === null) return unread(`it names ${part.group} ${part.id}, which is no slot here`)
    if (gravity === 'failure' || from === 'warning') add(slot, text)
  }
  const faults = [...reasons].map(([slot, texts]) => ({
    slot,
    reason: `DCGM: ${shorten(texts.join('; '))}`,
  }))
  return { kind: 'slots', faults: faults.toSorted((left, right) => left.slot - right.slot) }
}
