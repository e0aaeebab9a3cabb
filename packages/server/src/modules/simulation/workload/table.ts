/** Rows of a comma-separated file with a header, read strictly: what is wrong is named by row and field. Pure. */

/** Faults that are told one by one; of the rest, only their number. */
const FAULTS_MAX = 20

export class Faults {
  readonly #told: string[] = []
  #count = 0

  add(row: number, field: string, what: string): void {
    this.#count++
    if (this.#told.length < FAULTS_MAX) this.#told.push(`row ${row}, field ${field}: ${what}`)
  }

  /** One sentence each; empty where nothing is wrong. */
  list(): readonly string[] {
    const more = this.#count - this.#told.length
    return more > 0 ? [...this.#told, `and ${more} more`] : [...this.#told]
  }
}

export interface Bounds {
  readonly min: number
  readonly max: number
}

/** One row of the file. Its number is that of its line: the header is row 1. */
export class Row {
  readonly number: number
  readonly #cells: readonly string[]
  readonly #columns: ReadonlyMap<string, number>
  readonly #faults: Faults

  constructor(
    number: number,
    cells: readonly string[],
    table: { readonly columns: ReadonlyMap<string, number>; readonly faults: Faults },
  ) {
    this.number = number
    this.#cells = cells
    this.#columns = table.columns
    this.#faults = table.faults
  }

  text(field: string): string {
    return (this.#cells[this.#columns.get(field) ?? -1] ?? '').trim()
  }

  /** A number within bounds; null, with the fault noted, for anything else. */
  amount(field: string, { min, max }: Bounds): number | null {
    const text = this.text(field)
    const value = text === '' ? Number.NaN : Number(text)
    if (!Number.isFinite(value)) return this.fault(field, `${JSON.stringify(text)} is no number`)
    if (value < min) return this.fault(field, `${text} is below ${min}`)
    if (value > max) return this.fault(field, `${text} is above ${max}`)
    return value
  }

  fault(field: string, what: string): null {
    this.#faults.add(this.number, field, what)
    return null
  }
}

export interface Table {
  readonly columns: ReadonlySet<string>
  readonly rows: readonly Row[]
}

/** Reads text into rows; a row with too few or too many cells is a fault. */
export function readTable(text: string, faults: Faults): Table {
  const lines = text.split(/\r?\n/)
  const header = (lines[0] ?? '').split(',').map((name) => name.trim())
  const columns = new Map(header.map((name, at) => [name, at]))
  const rows: Row[] = []
  for (const [at, line] of lines.entries()) {
    if (at === 0 || line.trim() === '') continue
    const cells = line.split(',')
    if (cells.length !== header.length)
      faults.add(
        at + 1,
        header[cells.length] ?? 'the last',
        `the row has ${cells.length} cells, and the header ${header.length}`,
      )
    else rows.push(new Row(at + 1, cells, { columns, faults }))
  }
  return { columns: new Set(header), rows }
}
