import { expect, test } from 'vitest'
import { appendLog, emptyLog, type LogText } from './log-text.ts'

function write(...outputs: readonly string[]): LogText {
  return outputs.reduce(appendLog, emptyLog)
}

test('output is joined as it comes', () => {
  expect(write('one\ntw', 'o\n').text).toBe('one\ntwo\n')
})

test('a progress bar shows its last drawing only', () => {
  expect(write('start\n10%\r', '20%\r', '30%\ndone').text).toBe('start\n30%\ndone')
})

test('colours of terminals are left out', () => {
  expect(write('\u001B[31mred\u001B[0m plain').text).toBe('red plain')
})

test('of a very long log the latest whole lines stay', () => {
  const log = write('x'.repeat(300_000) + '\n', 'y'.repeat(300_000) + '\nend\n')
  expect(log.isCut).toBe(true)
  expect(log.text.startsWith('y')).toBe(true)
  expect(log.text.endsWith('\nend\n')).toBe(true)
})
