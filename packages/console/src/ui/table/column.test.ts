import { describe, expect, test } from 'vitest'
import { compareValues, csvField, parseSort, renderCsv, renderSort } from './column.ts'

describe('sorting', () => {
  test('absent values come last, numbers in names count as numbers', () => {
    const sorted = ['node-10', null, 'node-2'].toSorted(compareValues)
    expect(sorted).toEqual(['node-2', 'node-10', null])
    expect([3n, 1n, 2n].toSorted(compareValues)).toEqual([1n, 2n, 3n])
  })

  test('the choice survives the address', () => {
    expect(renderSort(parseSort('-cost'))).toBe('-cost')
    expect(renderSort(parseSort('name'))).toBe('name')
    expect(renderSort(parseSort(undefined))).toBeUndefined()
  })
})

describe('CSV', () => {
  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "yes"', '"say ""yes"""'],
    ['two\nlines', '"two\nlines"'],
    ['=SUM(A1)', "'=SUM(A1)"],
    ['-2.50', '-2.50'],
    ['-cmd', "'-cmd"],
  ])('the field %j is written %j', (text, want) => {
    expect(csvField(text)).toBe(want)
  })

  test('a column without a value is not written', () => {
    const columns = [
      { id: 'name', header: 'Name', cell: () => null, value: (row: { name: string }) => row.name },
      { id: 'actions', header: 'Actions', cell: () => null },
    ]
    expect(renderCsv(columns, [{ name: 'a' }, { name: 'b' }])).toBe('Name\r\na\r\nb\r\n')
  })
})
