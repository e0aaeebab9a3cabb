/**
 * Reads `dcgmi health --check --json`: what DCGM's background watches have against the parts of a node. Pure. The form is
 * that of DCGM 2 to 4: boxes of a value, lines that overflow it, and children; empty where nothing is wrong.
 */
import { z } from 'zod'
import { type DcgmFinding, type DcgmReading, documentIn, unread } from './dcgm-finding.ts'

export const DCGM_HEALTH_WORDS = ['health', '--check', '--json'] as const

const word = z.union([z.string(), z.number()]).transform(String)

const system = z.object({
  value: z.string(),
  overflow: z.array(z.string()).optional(),
  children: z.record(z.string(), z.object({ value: z.string().optional() })).optional(),
})
const errors = z.object({ children: z.record(z.string(), system).optional() })
const entity = z.object({
  value: z.string(),
  children: z.object({ Errors: errors.optional() }).optional(),
})
const group = z.object({ children: z.record(z.string().regex(/^\d+$/), entity).optional() })
const answer = z.object({
  header: z.array(word).optional(),
  body: z.object({ 'Overall Health': z.object({ value: z.string() }) }).catchall(group),
})

const GRAVITY: Readonly<Record<string, DcgmFinding['gravity'] | null>> = {
  Healthy: null,
  Warning: 'warning',
  Failure: 'failure',
}

type Entity = z.output<typeof entity>

/** Undefined for a word that means nothing here, such as `Internal error`. */
function gravityOf(value: string): DcgmFinding['gravity'] | null | undefined {
  return GRAVITY[value]
}

function textOf({ children }: Entity): string {
  const systems = Object.entries(children?.Errors?.children ?? {})
  return systems
    .map(([name, { value, overflow = [], children: more = {} }]) => {
      const said = [...overflow, ...Object.values(more).flatMap((each) => each.value ?? [])]
      return said.length === 0 ? `${name}: ${value}` : `${name}: ${said.join(' ')}`
    })
    .join('; ')
}

export function readDcgmHealth(printed: string): DcgmReading {
  const document = documentIn(printed, answer)
  if (document.kind === 'unread') return document
  const { 'Overall Health': overall, ...groups } = document.answer.body
  const findings: DcgmFinding[] = []
  for (const [name, { children = {} }] of Object.entries(groups))
    for (const [id, each] of Object.entries(children)) {
      const gravity = gravityOf(each.value)
      if (gravity === undefined) return unread(`it says “${each.value}” of ${name} ${id}`)
      const text = textOf(each) || `it says ${each.value}`
      if (gravity !== null) findings.push({ part: { group: name, id: Number(id) }, gravity, text })
    }
  const all = gravityOf(overall.value)
  if (all === undefined) return unread(`it says “${overall.value}” of the whole`)
  if (all !== null && findings.length === 0)
    return unread(`it says “${overall.value}” of the whole, and of no part`)
  return { kind: 'read', findings }
}

/** Which card each number of DCGM's is, from the table that `dcgmi discovery --list` prints. Empty when it is none. */
export function readDcgmCards(printed: string): ReadonlyMap<number, string> {
  const cards = new Map<number, string>()
  let id: number | null = null
  for (const line of printed.split('\n')) {
    const [, first = '', rest = ''] = /^\|([^|]*)\|([^|]*)\|?\s*$/.exec(line) ?? []
    if (/^\s*\d+\s*$/.test(first)) id = Number(first)
    else if (first.trim() !== '' || line.startsWith('+')) id = null
    const uuid = /Device UUID:\s*(\S+)/.exec(rest)?.[1]
    if (id !== null && uuid !== undefined && !cards.has(id)) cards.set(id, uuid)
  }
  return cards
}
