/** The page of the code's shape in numbers: what the tail of file and function sizes looks like, and cycles. */
import { importGraph } from '../tidy/resolve.ts'
import { findCycles } from '../tidy/rules/cycles.ts'
import type { CodeFile, Tree } from '../tidy/tree.ts'
import { NOTE, renderTable, type Generated } from './generated.ts'

const PARTS = ['contract', 'server', 'console', 'cli'].map((name) => `packages/${name}/`)
const IS_GENERATED = /\/platform\/db\/schema\.ts$/

/** The value below which a share of the sorted values lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

const linesOf = ({ source }: CodeFile) => source.split('\n').length - 1
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function renderRow(part: string, tree: Tree): (string | number)[] {
  const all = tree.code.filter(({ path }) => path.startsWith(part) && !IS_GENERATED.test(path))
  const code = all.filter(({ isTest }) => !isTest)
  const lines = code.map(linesOf)
  const functions = code.flatMap(({ syntax }) => syntax.functions.map((each) => each.lines))
  const tests = sum(all.filter(({ isTest }) => isTest).map(linesOf))
  return [
    part,
    code.length,
    sum(lines),
    quantile(lines, 0.5),
    quantile(lines, 0.9),
    Math.max(0, ...lines),
    `${quantile(functions, 0.5)} / ${quantile(functions, 0.9)}`,
    (tests / Math.max(1, sum(lines))).toFixed(2),
  ]
}

function renderShape(tree: Tree): string {
  const heads = [
    'part',
    'files',
    'lines',
    'median',
    'p90',
    'longest',
    'functions 50 / 90 %',
    'tests to code',
  ]
  const rows = [...PARTS, 'tools/'].map((part) => renderRow(part, tree))
  const cycles = findCycles(importGraph(tree)).length
  return `${NOTE}\n\n# The shape of the code\n\nAs of the last \`npm run generate\`. Production files without generated ones; lines of a file, lines of a function. Import cycles, types included: ${cycles}.\n\n${renderTable(heads, rows)}\n`
}

export function generateShape(tree: Tree): Generated {
  return { path: 'docs/reference/shape.md', text: renderShape(tree), isVolatile: true }
}
