import type { Event } from '@spillway/contract'
import { expect, test } from 'vitest'
import { keepLive, type LiveDeps, type LiveState } from './live-connection.ts'

function event(position: string): Event {
  return {
    position,
    at: '2026-11-20T20:00:00.000Z',
    type: 'lease.started',
    organization: null,
    subject: 'lse_1',
    data: {},
  }
}

function answer(text: string): Response {
  return new Response(text)
}

interface Scene {
  readonly deps: LiveDeps
  readonly opened: (string | null)[]
  readonly seen: string[]
  readonly states: LiveState[]
  readonly waits: number[]
  resumed: number
}

/** A scripted server: each opening takes the next step; after the last one the connection is ended. */
function scene(steps: readonly (string | Error)[], control: AbortController): Scene {
  const made: Scene = {
    opened: [],
    seen: [],
    states: [],
    waits: [],
    resumed: 0,
    deps: {
      open: (after) => {
        const step = steps[made.opened.length]
        made.opened.push(after)
        if (step instanceof Error) return Promise.reject(step)
        if (step === undefined) control.abort()
        return Promise.resolve(answer(step ?? ''))
      },
      onEvent: (each) => made.seen.push(each.position),
      onState: (state) => made.states.push(state),
      onResume: () => {
        made.resumed += 1
      },
      isFinal: (error) => error instanceof RangeError,
      wait: (durationMs) => {
        made.waits.push(durationMs)
        return Promise.resolve()
      },
      watch: () => ({ seen: () => undefined, end: () => undefined }),
    },
  }
  return made
}

const data = (position: string): string => `data: ${JSON.stringify(event(position))}\n\n`

test('a lost stream continues after the last position seen', async () => {
  const control = new AbortController()
  const played = scene([data('1') + data('2'), data('3')], control)
  expect(await keepLive(played.deps, control.signal, null)).toBe('3')
  expect(played.opened).toEqual([null, '2', '3'])
  expect(played.seen).toEqual(['1', '2', '3'])
  expect(played.resumed).toBe(2)
  expect(played.states.slice(0, 4)).toEqual(['connecting', 'live', 'reconnecting', 'reconnecting'])
})

test('each failure in a row waits longer, up to a bound, and a success starts over', async () => {
  const control = new AbortController()
  const down = Array.from({ length: 7 }, () => new TypeError('down'))
  const played = scene([...down, data('1')], control)
  await keepLive(played.deps, control.signal, null)
  expect(played.waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 500])
})

test('an error that cannot be helped ends the attempts', async () => {
  const control = new AbortController()
  const played = scene([new RangeError('signed out')], control)
  await keepLive(played.deps, control.signal, null)
  expect(played.opened).toEqual([null])
})

test('a line cut before its first event continues where the stream began', async () => {
  const control = new AbortController()
  const played = scene(['retry: 1000\nid: 40-0\n\n', data('41-1')], control)
  await keepLive(played.deps, control.signal, null)
  expect(played.opened).toEqual([null, '40-0', '41-1'])
})

test('a silent line is given up and opened again', async () => {
  const control = new AbortController()
  const played = scene([data('1'), data('2')], control)
  const silent = new Error('silent')
  const watched: (() => void)[] = []
  await keepLive(
    {
      ...played.deps,
      watch: (onSilence) => {
        watched.push(onSilence)
        return { seen: () => undefined, end: () => undefined }
      },
      open: (after, signal) => {
        if (watched.length > 1) return played.deps.open(after, signal)
        // given a line on which nothing comes
        queueMicrotask(() => watched[0]?.())
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(silent)))
      },
    },
    control.signal,
    null,
  )
  expect(played.seen).toEqual(['1', '2'])
})

test('what is not an event is passed over', async () => {
  const control = new AbortController()
  const played = scene([`data: hello\n\ndata: {"type":1}\n\n${data('9')}`], control)
  await keepLive(played.deps, control.signal, '5')
  expect(played.opened[0]).toBe('5')
  expect(played.seen).toEqual(['9'])
})
