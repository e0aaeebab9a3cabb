/** Reads what `nvidia-smi --query-gpu=… --format=csv` prints. Pure: it runs nothing. */

/** What to ask for. Units and order of the answer are taken from its head, not from here. */
export const NVIDIA_SMI_ARGUMENTS = [
  '--query-gpu=index,uuid,name,memory.total,ecc.errors.uncorrected.volatile.total,pci.bus_id',
  '--format=csv',
] as const

export interface Gpu {
  readonly index: number
  readonly uuid: string
  readonly name: string
  /** Null where the card does not tell. */
  readonly memoryMiB: number | null
  /** Uncorrected memory errors since the driver was loaded. Null where the card does not count them. */
  readonly eccErrors: number | null
  /** Such as `00000000:3B:00.0`. Null where the card does not tell. */
  readonly busId: string | null
}

export type GpuListing =
  | { readonly kind: 'gpus'; readonly gpus: readonly Gpu[] }
  /** It ran, and said why there is nothing. The text is its own. */
  | { readonly kind: 'none'; readonly text: string }

/** What a program left behind. */
export interface ProgramResult {
  readonly exitCode: number | null
  readonly stdout: string
}

/**
 * The GPUs in index order. A GPU whose row cannot be read, as one that fell off the bus, is left out: a slot must never
 * stand for a card that nobody can address.
 */
export function parseNvidiaSmi(result: ProgramResult): GpuListing {
  const rows = readRows(result)
  if (rows === null) {
    const lines = result.stdout.split(/\r?\n/).filter((line) => line.trim() !== '')
    return { kind: 'none', text: firstSentence(lines, result.exitCode) }
  }
  const gpus = rows
    .map(parseGpu)
    .filter((gpu) => gpu !== null)
    .sort((left, right) => left.index - right.index)
  if (gpus.length === 0) return { kind: 'none', text: 'it listed no GPU that can be addressed' }
  return { kind: 'gpus', gpus }
}

/** The cell of a column of a row; empty where there is none. */
type Row = (column: string) => string

/** The rows below the head, which names the columns; null when there is no head or the program failed. */
export function readRows({ exitCode, stdout }: ProgramResult): readonly Row[] | null {
  const lines = stdout.split(/\r?\n/).filter((line) => line.trim() !== '')
  const head = lines.findIndex((line) => /^index\s*,/.test(line))
  if (head < 0 || exitCode !== 0) return null
  const columns = splitRow(lines[head] ?? '').map((column) => column.replace(/ \[.*\]$/, ''))
  return lines.slice(head + 1).map((line) => {
    const cells = splitRow(line)
    return (column: string) => cells[columns.indexOf(column)] ?? ''
  })
}

function parseGpu(cell: Row): Gpu | null {
  const index = cell('index')
  const uuid = cell('uuid')
  if (!/^\d+$/.test(index) || !/^(GPU|MIG)-/.test(uuid)) return null
  return {
    index: Number(index),
    uuid,
    name: cell('name'),
    memoryMiB: parseCount(cell('memory.total').replace(/ MiB$/, '')),
    eccErrors: parseCount(cell('ecc.errors.uncorrected.volatile.total')),
    busId: /^[0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.\d$/i.exec(cell('pci.bus_id'))?.[0] ?? null,
  }
}

/** Cards say `[N/A]`, `[Not Supported]` or `[Unknown Error]` where they have no figure. */
function parseCount(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null
}

function splitRow(line: string): string[] {
  return line.split(',').map((cell) => cell.trim())
}

function firstSentence(lines: readonly string[], exitCode: number | null): string {
  const sentence = lines[0]?.trim().split(/(?<=\.) /)[0]
  if (sentence !== undefined) return sentence.replace(/\.$/, '')
  return exitCode === null ? 'it gave no answer in time' : `it ended with code ${exitCode}`
}

/** Such as `8 × NVIDIA H200, 143771 MiB`. */
export function describeGpus(gpus: readonly Gpu[]): string {
  const counts = new Map<string, number>()
  for (const { name, memoryMiB } of gpus) {
    const label = memoryMiB === null ? name : `${name}, ${memoryMiB} MiB`
    counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  return [...counts].map(([label, count]) => `${count} × ${label}`).join('; ')
}
