/** How batches read: how far one is, and what is wrong with its file. Pure. */
import type { Batch, BatchState } from '@spillway/contract'
import { group as grouped } from './amount.ts'
import { type Column, renderTable, type TableOptions } from './table.ts'
import { renderRelative } from './time.ts'

const BAR_CELLS = 24

const OPEN: ReadonlySet<BatchState> = new Set<BatchState>([
  'validating',
  'in_progress',
  'finalizing',
  'cancelling',
])

export function isOpen({ state }: Pick<Batch, 'state'>): boolean {
  return OPEN.has(state)
}

export function renderBatchProgress({ id, state, lines }: Batch): string {
  const { total, completed, failed } = lines
  const ended = completed + failed
  const share = total === 0 ? 0 : ended / total
  const full = Math.floor(BAR_CELLS * share)
  const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
  const failures = failed === 0 ? '' : `, ${grouped(failed)} failed`
  const counts = `${grouped(ended)} of ${grouped(total)}${failures}`
  return `${id}  ${bar} ${Math.floor(100 * share)} %  ${total === 0 ? state : counts}`
}

export function renderBatches(
  batches: readonly Batch[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Batch>[] = [
    { heading: 'BATCH', cell: ({ id }) => id, colour: () => 'dim' },
    { heading: 'STATE', cell: ({ state }) => state },
    { heading: 'MODEL', isFlexible: true, cell: ({ model }) => model ?? '' },
    { heading: 'LINES', align: 'right', cell: ({ lines }) => grouped(lines.total) },
    { heading: 'ANSWERED', align: 'right', cell: ({ lines }) => grouped(lines.completed) },
    { heading: 'FAILED', align: 'right', cell: ({ lines }) => grouped(lines.failed) },
    { heading: 'MADE', cell: ({ createdAt }) => renderRelative(createdAt, nowMs) },
  ]
  return renderTable(columns, batches, options)
}

/** Its state, its counts, its files, and each fault by line. */
export function renderBatch(batch: Batch): string {
  const { id, state, model, endpoint, lines, tokens, outputFileId, errorFileId, faults } = batch
  const of = `${grouped(lines.completed)} of ${grouped(lines.total)} answered, ${grouped(lines.failed)} not`
  const told = [
    `${id} is ${state}`,
    `asks      ${model ?? 'a model'} at ${endpoint}`,
    `lines     ${of}`,
    `tokens    ${grouped(tokens.input)} in, ${grouped(tokens.output)} out, at half the price`,
  ]
  if (outputFileId !== null) told.push(`answers   ${outputFileId}`)
  if (errorFileId !== null) told.push(`errors    ${errorFileId}`)
  for (const { line, message } of faults)
    told.push(`  ${line === null ? '' : `line ${line}: `}${message}`)
  return told.join('\n')
}
