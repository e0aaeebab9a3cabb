/**
 * Reads node and pod lists of the OpenB format. A row that makes no sense is an error that names the file, the row and
 * the field; nothing of such a file is used.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import {
  type NodeState,
  nodeState,
  type Shape,
} from '../../packages/server/src/modules/market/index.ts'

const WHOLE = 1000

class Row {
  readonly #cells: readonly string[]
  readonly #columns: ReadonlyMap<string, number>
  readonly #where: string

  constructor(cells: readonly string[], columns: ReadonlyMap<string, number>, where: string) {
    this.#cells = cells
    this.#columns = columns
    this.#where = where
  }

  fail(field: string, text: string): never {
    throw new Error(`${this.#where}, field ${field}: ${text}`)
  }

  text(field: string): string {
    const value = this.#cells[this.#columns.get(field) ?? -1]
    return value === undefined ? this.fail(field, 'is missing') : value.trim()
  }

  /** A whole number from zero on. */
  count(field: string): number {
    const text = this.text(field)
    if (!/^\d{1,15}$/.test(text))
      return this.fail(field, `must be a whole number from 0 on, not '${text}'`)
    return Number(text)
  }
}

function readRows(path: string, required: readonly string[]): Row[] {
  const [header = '', ...lines] = readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
  const names = header.split(',').map((name) => name.trim())
  const file = basename(path)
  for (const name of required)
    if (!names.includes(name))
      throw new Error(`${file}, row 1, field ${name}: the column is missing`)
  const columns = new Map(names.map((name, index) => [name, index]))
  const rows = lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const cells = line.split(',')
    const row = new Row(cells, columns, `${file}, row ${index + 2}`)
    if (cells.length > names.length) row.fail(names.at(-1) ?? '', 'is followed by more cells')
    return [row]
  })
  if (rows.length === 0) throw new Error(`${file}, row 2: there is none`)
  return rows
}

/** The row's name, which no row before it has. */
function readName(row: Row, field: string, seen: Set<string>): string {
  const name = row.text(field)
  if (name === '') row.fail(field, 'is empty')
  if (seen.has(name)) row.fail(field, `'${name}' is there twice`)
  seen.add(name)
  return name
}

const GPUS_MAX = 64

/** Nodes by name: of equals the first by name is taken. */
export function readNodes(path: string): readonly NodeState[] {
  const seen = new Set<string>()
  const named = readRows(path, ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model']).map((row) => {
    const name = readName(row, 'sn', seen)
    const gpus = row.count('gpu')
    if (gpus > GPUS_MAX) row.fail('gpu', `is more than ${GPUS_MAX}`)
    const model = row.text('model')
    if (gpus > 0 && model === '') row.fail('model', 'is empty')
    const [cpuMilli, memoryMib] = [row.count('cpu_milli'), row.count('memory_mib')]
    const cards = Array.from({ length: gpus }, () => WHOLE)
    const kind = `${model}/${gpus}/${cpuMilli}`
    return { name, state: nodeState({ model, kind, cpuMilli, memoryMib, cards }) }
  })
  return named.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ state }) => state)
}

function readModels(row: Row, known: ReadonlySet<string>): ReadonlySet<string> | null {
  const spec = row.text('gpu_spec')
  if (spec === '') return null
  const models = spec.split('|')
  const strange = models.find((model) => !known.has(model))
  if (strange !== undefined) row.fail('gpu_spec', `'${strange}' is a model that no node has`)
  return new Set(models)
}

function readPod(row: Row, hasSpec: boolean, known: ReadonlySet<string>): Shape {
  const gpuCount = row.count('num_gpu')
  const gpuMilli = row.count('gpu_milli')
  if (gpuCount > GPUS_MAX) row.fail('num_gpu', `is more than ${GPUS_MAX}`)
  if (gpuMilli > WHOLE) row.fail('gpu_milli', `is more than ${WHOLE}`)
  if (gpuCount > 0 && gpuMilli === 0) row.fail('gpu_milli', 'is 0 for a pod with a GPU')
  if (gpuCount > 1 && gpuMilli !== WHOLE)
    row.fail('gpu_milli', `must be ${WHOLE} for more than one GPU`)
  return {
    ...{ cpuMilli: row.count('cpu_milli'), memoryMib: row.count('memory_mib') },
    ...{ gpuCount, gpuMilli: gpuCount === 0 ? 0 : gpuMilli },
    models: hasSpec && gpuCount > 0 ? readModels(row, known) : null,
  }
}

/** Pods in the order of the file. Lists without a `gpu_spec` ask for no model. */
export function readPods(path: string, nodes: readonly NodeState[]): readonly Shape[] {
  const known = new Set(nodes.map(({ model }) => model).filter((model) => model !== ''))
  const [header = ''] = readFileSync(path, 'utf8').split(/\r?\n/, 1)
  const hasSpec = header.split(',').includes('gpu_spec')
  const seen = new Set<string>()
  const rows = readRows(path, ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'])
  return rows.map((row) => {
    readName(row, 'name', seen)
    return readPod(row, hasSpec, known)
  })
}
