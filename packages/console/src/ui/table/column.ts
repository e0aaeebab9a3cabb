/** What a table column is: how a row is shown, sorted and written to CSV. Pure. */
import type { ReactNode } from 'react'

export type SortValue = string | number | bigint | null

export interface TableColumn<Row> {
  readonly id: string
  readonly header: string
  readonly cell: (row: Row) => ReactNode
  /** What sorting compares; a column without it cannot be sorted. */
  readonly value?: (row: Row) => SortValue
  /** What the CSV holds, where it is not the sorted value: exact and unformatted. */
  readonly text?: (row: Row) => string
  readonly isNumeric?: boolean
  /** Takes what room is left, and shortens what does not fit. */
  readonly isWide?: boolean
  /** Leaves the table where that is narrower than this. */
  readonly from?: 'narrow' | 'medium' | 'wide' | 'widest'
  /** The header is spoken but not shown, for columns of buttons. */
  readonly isHeaderHidden?: boolean
}

/** The reader's choices, kept in the address: `-cost` sorts downwards by cost. */
export interface TableView {
  readonly sort?: string | undefined
  readonly hide?: string | undefined
}

/** Compares upwards, absent values last. */
export function compareValues(left: SortValue, right: SortValue): number {
  if (left === null || right === null) return (left === null ? 1 : 0) - (right === null ? 1 : 0)
  if (typeof left === 'string' && typeof right === 'string')
    return left.localeCompare(right, 'en', { numeric: true })
  return left < right ? -1 : left > right ? 1 : 0
}

export function parseSort(sort: string | undefined): { id: string; desc: boolean }[] {
  if (!sort) return []
  return sort.startsWith('-') ? [{ id: sort.slice(1), desc: true }] : [{ id: sort, desc: false }]
}

export function renderSort(sorting: readonly { id: string; desc: boolean }[]): string | undefined {
  const first = sorting[0]
  return first === undefined ? undefined : `${first.desc ? '-' : ''}${first.id}`
}

export function hiddenColumns(hide: string | undefined): readonly string[] {
  return hide ? hide.split(',') : []
}

/** Quotes a field as RFC 4180 asks; a leading formula sign is defused, because spreadsheets run it. */
export function csvField(text: string): string {
  const isFormula = /^[=+@\t\r]/.test(text) || (text.startsWith('-') && Number.isNaN(Number(text)))
  const safe = isFormula ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function renderCsv<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  const written = columns.filter((column) => column.value ?? column.text)
  const lines = rows.map((row) => written.map((column) => csvField(csvText(column, row))).join(','))
  return `${[written.map((column) => csvField(column.header)).join(','), ...lines].join('\r\n')}\r\n`
}

function csvText<Row>(column: TableColumn<Row>, row: Row): string {
  if (column.text) return column.text(row)
  return String(column.value?.(row) ?? '')
}
