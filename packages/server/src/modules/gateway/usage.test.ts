import { expect, test } from 'vitest'
import { readUsage } from './providers/openai/usage.ts'
import { bill, deliver, EMPTY_TALLY, type Delivery } from './usage.ts'

const chunk = (given: Partial<Delivery> = {}): Delivery => ({
  usage: null,
  pieces: 1,
  outputBytes: 5,
  isFinish: false,
  ...given,
})
const usage = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens })
const guess = () => 7

const CASES: readonly {
  name: string
  chunks: readonly Delivery[]
  want: [number, number, boolean]
}[] = [
  { name: 'nothing delivered, nothing charged', chunks: [], want: [0, 0, false] },
  {
    name: 'the count at the end is the charge',
    chunks: [chunk(), chunk(), chunk({ pieces: 0, outputBytes: 0, usage: usage(11, 2) })],
    want: [11, 2, false],
  },
  {
    name: 'a count beside the last output is the charge',
    chunks: [chunk(), chunk({ isFinish: true, usage: usage(11, 9) })],
    want: [11, 9, false],
  },
  {
    name: 'cut off with a count in every chunk, the last one is the charge',
    chunks: [
      chunk({ pieces: 0, usage: usage(11, 0) }),
      chunk({ usage: usage(11, 1) }),
      chunk({ usage: usage(11, 2) }),
    ],
    want: [11, 2, false],
  },
  {
    name: 'cut off after a count that came early, the pieces since count',
    chunks: [chunk({ usage: usage(11, 1) }), chunk(), chunk()],
    want: [11, 3, false],
  },
  { name: 'without any count, pieces are tokens', chunks: [chunk(), chunk()], want: [7, 3, true] },
  {
    name: 'without any count, long pieces are several tokens',
    chunks: [chunk({ outputBytes: 400 })],
    want: [7, 100, true],
  },
  {
    name: 'a count of zero beside output is not believed',
    chunks: [chunk(), chunk({ pieces: 0, outputBytes: 0, usage: usage(0, 0) })],
    want: [7, 2, true],
  },
  {
    name: 'an empty answer costs its prompt',
    chunks: [chunk({ pieces: 0, outputBytes: 0, isFinish: true, usage: usage(11, 0) })],
    want: [11, 0, false],
  },
]

test.each(CASES)('$name', ({ chunks, want }) => {
  const { inputTokens, outputTokens, isEstimated } = bill(
    chunks.reduce(deliver, EMPTY_TALLY),
    guess,
  )
  expect([inputTokens, outputTokens, isEstimated]).toEqual(want)
})

test.each([
  null,
  undefined,
  'x',
  {},
  { prompt_tokens: -1 },
  { prompt_tokens: 1.5 },
  { prompt_tokens: '3' },
])('an implausible count is none: %j', (given) => expect(readUsage(given)).toBeNull())
