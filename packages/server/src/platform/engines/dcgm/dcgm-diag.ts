/**
 * Reads `dcgmi diag --run LEVEL --json`: which test failed on which part of a node. Pure. Both forms are understood:
 * that of DCGM 4, which names entities, and that of DCGM 2 and 3, which names GPUs.
 */
import { z } from 'zod'
import {
  type DcgmFinding,
  type DcgmPart,
  type DcgmReading,
  documentIn,
  unread,
} from './dcgm-finding.ts'

const warning = z.union([
  z.string(),
  z.object({ warning: z.string() }).transform((it) => it.warning),
])
const warnings = z
  .union([z.string().transform((text) => [text]), z.array(warning)])
  .optional()
  .transform((texts) => texts ?? [])

const result = z.object({
  status: z.string(),
  warnings,
  entity_group: z.string().optional(),
  entity_id: z.number().int().optional(),
  gpu_id: z.union([z.string(), z.number()]).optional(),
  gpu_ids: z.union([z.string(), z.number()]).optional(),
})
const test = z.object({
  name: z.string(),
  results: z.array(result).default([]),
  test_summary: z.object({ status: z.string(), warnings }).optional(),
})
const diagnostic = z.object({
  runtime_error: z.string().optional(),
  test_categories: z.array(z.object({ tests: z.array(test) })).optional(),
})
const answer = z.object({
  'DCGM Diagnostic': diagnostic.optional(),
  'DCGM GPU Diagnostic': diagnostic.optional(),
})

type Result = z.output<typeof result>

type Status = 'pass' | 'warn' | 'fail' | 'skip'

function statusOf(text: string): Status | null {
  const word = text.toLowerCase()
  if (word === 'pass' || word === 'warn' || word === 'fail') return word
  return word === 'skip' || word === 'skipped' || word === 'not run' ? 'skip' : null
}

/** Empty for the node as a whole; null where it names parts in a way that means nothing here. */
function partsOf({ entity_group: group, entity_id: id, ...older }: Result): DcgmPart[] | null {
  if (group !== undefined && group !== 'None') return id === undefined ? null : [{ group, id }]
  const ids = older.gpu_ids ?? older.gpu_id
  if (ids === undefined || ids === '') return []
  const words = String(ids).split(',')
  if (!words.every((word) => /^\s*\d+\s*$/.test(word))) return null
  return words.map((word) => ({ group: 'GPU', id: Number(word) }))
}

const GRAVITY = { warn: 'warning', fail: 'failure' } as const

/** What one test found, or why it means nothing. */
function readTest({ name, results, test_summary: summary }: z.output<typeof test>): {
  readonly findings: readonly DcgmFinding[]
  readonly hasRun: boolean
  readonly why: string | null
} {
  const findings: DcgmFinding[] = []
  let hasRun = false
  for (const each of [...results, ...(summary ? [{ ...summary, entity_group: 'None' }] : [])]) {
    const status = statusOf(each.status)
    const parts = partsOf(each)
    const why =
      status === null
        ? `it says “${each.status}” of ${name}`
        : `it does not say which part ${name} is of`
    if (status === null || parts === null) return { findings: [], hasRun, why }
    if (status !== 'skip') hasRun = true
    if (status !== 'warn' && status !== 'fail') continue
    // A summary repeats what was told of parts.
    if (parts.length === 0 && findings.some(({ gravity }) => gravity === GRAVITY[status])) continue
    const said = each.warnings.join(' ')
    const text = said === '' ? `${name} says ${each.status}` : `${name}: ${said}`
    for (const part of parts.length === 0 ? [null] : parts)
      findings.push({ part, gravity: GRAVITY[status], text })
  }
  return { findings, hasRun, why: null }
}

export function readDcgmDiag(printed: string): DcgmReading {
  const document = documentIn(printed, answer)
  if (document.kind === 'unread') return document
  const { answer: found } = document
  const told = found['DCGM Diagnostic'] ?? found['DCGM GPU Diagnostic']
  if (told === undefined) return unread('its JSON is not that of a diagnostic')
  if (told.runtime_error !== undefined) return unread(told.runtime_error)
  const tests = (told.test_categories ?? []).flatMap((category) => category.tests).map(readTest)
  const broken = tests.find(({ why }) => why !== null)
  if (broken?.why) return unread(broken.why)
  if (!tests.some(({ hasRun }) => hasRun)) return unread('it ran no test')
  return { kind: 'read', findings: tests.flatMap(({ findings }) => findings) }
}
