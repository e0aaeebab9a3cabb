import { expect, test } from 'vitest'
import { choosePaint, colourPaint, plainPaint } from './paint.ts'

test.each([
  [true, {}, colourPaint],
  [false, {}, plainPaint],
  [true, { NO_COLOR: '1' }, plainPaint],
  [true, { NO_COLOR: '' }, colourPaint],
  [true, { TERM: 'dumb' }, plainPaint],
  [false, { FORCE_COLOR: '1' }, colourPaint],
  [true, { FORCE_COLOR: '0' }, plainPaint],
  [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, plainPaint],
])('a terminal (%s) with %o has its colours chosen', (isTty, environment, want) => {
  expect(choosePaint({ isTty, environment })).toBe(want)
})
