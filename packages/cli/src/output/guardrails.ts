/** How guardrails read, and what they would make of a text. Pure. */
import type { Guardrail, GuardrailCheck, GuardrailTrial } from '@spillway/contract'
import type { Paint } from './paint.ts'
import { type Column, renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'

function renderCheck(check: GuardrailCheck): string {
  if (check.kind === 'pii') return check.types.join(', ')
  if (check.kind === 'pattern') return `/${check.pattern}/`
  if (check.kind === 'words') return check.words.join(', ')
  if (check.kind === 'size') return `more than ${check.charactersMax} characters`
  return check.kind === 'model' ? `what ${check.model} calls ${check.unsafe}` : 'not its schema'
}

export function renderGuardrails(guardrails: readonly Guardrail[], options: TableOptions): string {
  const columns: readonly Column<Guardrail>[] = [
    { heading: 'GUARDRAIL', cell: ({ name }) => name },
    { heading: 'LOOKS AT', cell: ({ side }) => (side === 'both' ? 'input, output' : side) },
    { heading: 'FOR', isFlexible: true, cell: ({ check }) => toLine(renderCheck(check)) },
    {
      heading: 'THEN',
      cell: ({ mode, toModel }) => (toModel === null ? mode : `${mode} to ${toModel}`),
      colour: ({ mode }) => (mode === 'block' ? 'yellow' : null),
    },
    { heading: 'PROJECT', cell: ({ projectId }) => projectId ?? 'all' },
  ]
  return renderTable(columns, guardrails, options)
}

export function renderTrial(trial: GuardrailTrial, paint: Paint): string {
  const { outcome, text, toModel, findings, notAsked } = trial
  const found = findings.map(
    ({ guardrail, mode, found: what, count }) => `  ${guardrail}: ${what}, ${count} times, ${mode}`,
  )
  const asked = notAsked.map((name) => `  ${name}: asks a model, not tried`)
  const colour = outcome === 'passed' ? 'green' : 'yellow'
  const head = toModel === null ? outcome : `${outcome} to ${toModel}`
  return [paint(colour, head), ...found, ...asked, ...(text === null ? [] : [toLine(text)])].join(
    '\n',
  )
}
