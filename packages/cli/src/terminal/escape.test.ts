import { expect, test } from 'vitest'
import { createEscapes } from './escape.ts'

function type(...chunks: readonly string[]) {
  const escapes = createEscapes()
  const typed = chunks.map((chunk) => escapes(Buffer.from(chunk)))
  return {
    sent: typed.map(({ bytes }) => Buffer.from(bytes).toString()).join(''),
    actions: typed.flatMap(({ action }) => action ?? []),
  }
}

test.each([
  ['at the very beginning', ['~.'], '', ['detach']],
  ['after a carriage return', ['ls\r~.'], 'ls\r', ['detach']],
  ['cut anywhere', ['ls\r', '~', '.'], 'ls\r', ['detach']],
  ['not in the middle of a line', ['cp ~.'], 'cp ~.', []],
  ['not before it is typed', ['\r~'], '\r', []],
  ['with another letter it is text', ['\r~a~.'], '\r~a~.', []],
  ['doubled it is one', ['\r~~.'], '\r~.', []],
  ['help leaves the line as it was', ['\r~?', '~.'], '\r', ['help', 'detach']],
] as const)('an escape: %s', (_, chunks, sent, actions) => {
  expect(type(...chunks)).toEqual({ sent, actions })
})
