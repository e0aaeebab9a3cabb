import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { JournalFailure, type JournalRecord } from '#modules/metering/index.ts'
import { RecordKeeper } from './record-keeper.ts'

const record = (holdId: string): JournalRecord => ({ kind: 'hold_closed', holdId })

let written: string[]
let changes: boolean[]
let isBroken: boolean
let failure: Error | null
let keeper: RecordKeeper

beforeEach(() => {
  vi.useFakeTimers()
  written = []
  changes = []
  isBroken = false
  failure = null
  keeper = new RecordKeeper({
    // The disk is the edge here: this is the journal's interface with a disk that fails when told to.
    journal: {
      append: async (each) => {
        if (failure) throw failure
        if (each.kind === 'hold_closed') written.push(each.holdId)
      },
      backlogBytes: () => 0,
      close: async () => undefined,
    },
    makeProbe: () => record('probe'),
    onChange: (isRecording) => changes.push(isRecording),
    onBroken: () => {
      isBroken = true
    },
  })
})
afterEach(() => vi.useRealTimers())

test('a full disk stops new work, and an emptied one starts it again with what was kept in between', async () => {
  // given
  failure = new JournalFailure('refused', 'no space left on device')
  await expect(keeper.append(record('a'))).rejects.toThrow('no space')
  expect(keeper.isRecording).toBe(false)
  keeper.keep(record('a'))
  keeper.keep(record('b'))
  await vi.advanceTimersByTimeAsync(5000)
  expect(keeper.isRecording).toBe(false)
  // when
  failure = null
  await vi.advanceTimersByTimeAsync(1000)
  // then
  expect(keeper.isRecording).toBe(true)
  expect(written).toEqual(['probe', 'a', 'b'])
  expect(changes).toEqual([false, true])
  expect(isBroken).toBe(false)
})

test('a journal that can never be written again ends the process', async () => {
  failure = new JournalFailure('broken', 'fdatasync failed')
  await expect(keeper.append(record('a'))).rejects.toThrow('fdatasync')
  expect(isBroken).toBe(true)
})

test('a refusal that turns out to be for good ends the process as well', async () => {
  failure = new JournalFailure('refused', 'no space')
  await expect(keeper.append(record('a'))).rejects.toThrow('no space')
  failure = new JournalFailure('fenced', 'taken over')
  await vi.advanceTimersByTimeAsync(1000)
  expect(isBroken).toBe(true)
})
