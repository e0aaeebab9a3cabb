/** Tests that what is wrong with a file of demand is named by its row and field. */
import { expect, test } from 'vitest'
import { BadInput } from '../run/result.ts'
import { parseCapacities, parseSeries } from './read-series.ts'

const CAPACITIES = new Map([
  ['a', 10],
  ['b', 20],
])

function reading(rows: string, head = 'hour,a,b'): () => unknown {
  return () => parseSeries(`${head}\n${rows}\n`, 'f.csv', CAPACITIES)
}

test('hours in order are read, and a pool may ask for more than it has', () => {
  const [a, b] = parseSeries('hour,a,b\r\n7,1,2.5\r\n8,30,0\r\n', 'f.csv', CAPACITIES)
  expect([...(a?.demand ?? [])]).toEqual([1, 30])
  expect(b).toMatchObject({ name: 'b', capacity: 20, startMs: 7 * 3_600_000 })
})

test.each([
  ['0,1,2\n1,-3,2', /row 3, field a: -3 is negative/],
  ['0,1,NaN', /row 2, field b: 'NaN' is no number/],
  ['0,1,', /row 2, field b: '' is no number/],
  ['0,1,2\n2,1,2', /row 3, field hour: 2 follows 0, hours are missing/],
  ['1,1,2\n0,1,2', /row 3, field hour: 0 comes after 1, out of order/],
  ['1,1,2\n1,1,2', /row 3, field hour: 1 comes after 1, out of order/],
  ['0.5,1,2', /row 2, field hour: 0.5 is no whole hour/],
  ['0,1', /row 2: 2 columns where the first row has 3/],
  ['0,1,2\n\n1,1,2', /row 3: 1 columns/],
])('the fault of %j is named', (rows, message) => {
  expect(reading(rows)).toThrow(BadInput)
  expect(reading(rows)).toThrow(message)
})

test('a pool whose capacity is not known is refused by name', () => {
  expect(reading('0,1,2', 'hour,a,c')).toThrow(/row 1, field c: its capacity is not known/)
  expect(reading('0,1,2', 'hour,a,a')).toThrow(/column 3: 'a' names no pool of its own/)
  expect(reading('0,1', 'time,a')).toThrow(/row 1: the columns are 'hour'/)
})

test('capacities are read, and what is wrong with one is named', () => {
  expect(parseCapacities('pool,capacity\na,5\n', 'c.csv').get('a')).toBe(5)
  expect(() => parseCapacities('pool,capacity\na,0\n', 'c.csv')).toThrow(/row 2, field capacity/)
  expect(() => parseCapacities('pool,capacity\na,5\na,5\n', 'c.csv')).toThrow(/row 3, field pool/)
  expect(() => parseCapacities('a,5\n', 'c.csv')).toThrow(/row 1/)
})
