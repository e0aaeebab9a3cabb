/** A result as a table for people. */
import { type BenchResult, type Comparison, type Figure, meetsTarget } from './result.ts'

function renderNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

function renderTarget(figure: Figure): string {
  const { target } = figure
  if (!target) return ''
  const sign = target.kind === 'at_most' ? '\u2264' : '\u2265'
  return `${sign} ${renderNumber(target.value)} ${meetsTarget(figure) ? 'met' : 'MISSED'}`
}

function toRow(figure: Figure): string[] {
  const { name, value, unit, range } = figure
  const spread = range ? `${renderNumber(range[0])} \u2013 ${renderNumber(range[1])}` : ''
  return [name, renderNumber(value), unit, spread, renderTarget(figure)]
}

function alignColumns(
  rows: readonly (readonly string[])[],
  isNumber: (column: number) => boolean,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

function renderComparison(name: string, comparison: Comparison): string[] {
  const measures = [...new Set(Object.values(comparison).flatMap((row) => Object.keys(row)))]
  const rows = Object.entries(comparison).map(([thing, row]) => [
    thing,
    ...measures.map((measure) => {
      const value = row[measure] ?? null
      return value === null ? '-' : renderNumber(value)
    }),
  ])
  return [name, '', ...alignColumns([['', ...measures], ...rows], (column) => column > 0), '']
}

export function renderResult({ title, figures, comparisons = {}, notes }: BenchResult): string {
  const rows = [['figure', 'median', 'unit', 'range', 'target'], ...figures.map(toRow)]
  return [
    title,
    '',
    ...Object.entries(comparisons).flatMap(([name, comparison]) =>
      renderComparison(name, comparison),
    ),
    ...alignColumns(rows, (column) => column === 1),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n')
}
