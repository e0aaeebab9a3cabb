import { expect, test } from 'vitest'
import { colourPaint, plainPaint } from './paint.ts'
import { renderFields, renderTable, type Column } from './table.ts'

interface Row {
  readonly id: string
  readonly count: string
  readonly amount: string
  readonly text: string
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'ID', cell: (row) => row.id },
  { heading: 'COUNT', align: 'right', cell: (row) => row.count },
  { heading: 'USD', align: 'amount', cell: (row) => row.amount },
  { heading: 'TEXT', isFlexible: true, cell: (row) => row.text },
]

const ROWS: readonly Row[] = [
  { id: 'lse_1', count: '7', amount: '1.50', text: 'python3 train.py --lr 0.1' },
  { id: 'lse_22', count: '1,024', amount: '12.000042', text: '推理' },
]

const PLAIN = { paint: plainPaint, columnsMax: null }

test('numbers stand right, amounts at their points, text left', () => {
  expect(renderTable(COLUMNS, ROWS, PLAIN)).toBe(
    [
      'ID      COUNT        USD  TEXT',
      'lse_1       7   1.50      python3 train.py --lr 0.1',
      'lse_22  1,024  12.000042  推理',
    ].join('\n'),
  )
})

test('a footer lines up with the rows', () => {
  const footer = ['total', '1,031', '13.500042', '']
  const [, , , last] = renderTable(COLUMNS, ROWS, { ...PLAIN, footer }).split('\n')
  expect(last).toBe('total   1,031  13.500042')
})

test('a narrow terminal cuts the flexible column only; ids stay whole', () => {
  const lines = renderTable(COLUMNS, ROWS, { paint: plainPaint, columnsMax: 42 }).split('\n')
  expect(lines[1]).toBe('lse_1       7   1.50      python3 train.p…')
  expect(lines.every((line) => line.length <= 42)).toBe(true)
})

test('colours do not move columns', () => {
  const columns = COLUMNS.map((column) => ({ ...column, colour: () => 'green' as const }))
  const coloured = renderTable(columns, ROWS, { paint: colourPaint, columnsMax: null })
  // eslint-disable-next-line no-control-regex -- colours are control sequences.
  expect(coloured.replace(/\u001B\[\d+m/g, '').replace(/ +$/gm, '')).toBe(
    renderTable(COLUMNS, ROWS, PLAIN),
  )
})

test('a name cannot send control sequences to the terminal of whoever lists it', () => {
  const rows = [{ id: 'x', count: '1', amount: '1.00', text: 'a\u001B[2Jb\u0007c\nd\u202Ee' }]
  expect(renderTable(COLUMNS, rows, PLAIN).split('\n')[1]).toBe(
    'x       1  1.00  ab\uFFFDc d\uFFFDe',
  )
})

test('fields line up, and one without a value is left out', () => {
  expect(
    renderFields(
      [
        ['id', 'lse_1'],
        ['gone', null],
        ['organization', 'demo'],
      ],
      plainPaint,
    ),
  ).toBe('id            lse_1\norganization  demo')
})
