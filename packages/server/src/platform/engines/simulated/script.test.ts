import { expect, test } from 'vitest'
import { readScript } from './script.ts'

const exit = (exitCode: number) => ({ exitCode, exitSignal: null })

test('a command that is no statement runs until it is stopped', () => {
  for (const command of [
    ['python', 'train.py'],
    ['sh', '-c', 'echo up; exec python'],
    ['ignore-term'],
  ])
    expect(readScript(command).end).toBeNull()
})

test('statements add up to an end, after the time that they take', () => {
  expect(readScript(['sleep', '30']).end).toEqual({ afterMs: 30_000, exit: exit(0) })
  expect(readScript(['sh', '-c', 'sleep 2m; sleep 500ms; exit 3; echo never']).end).toEqual({
    afterMs: 120_500,
    exit: exit(3),
  })
  expect(readScript(['true']).end).toEqual({ afterMs: 0, exit: exit(0) })
  expect(readScript(['/bin/sh', '-c', 'false']).end).toEqual({ afterMs: 0, exit: exit(1) })
  const killed = { exitCode: null, exitSignal: 'SIGSEGV' }
  expect(readScript(['kill', 'SEGV']).end).toEqual({ afterMs: 0, exit: killed })
})

test('lines are written at their own instants', () => {
  const { lines } = readScript(['sh', '-c', 'echo a; sleep 1; echo b c'])
  expect(lines).toEqual([
    { atMs: 0, text: 'a' },
    { atMs: 1000, text: 'b c' },
  ])
})

test('it obeys a stop at once, after a while with a code of its own, or never', () => {
  const byTerm = { afterMs: 0, exit: { exitCode: null, exitSignal: 'SIGTERM' } }
  expect(readScript(['train']).onTerm).toEqual(byTerm)
  expect(readScript(['on-term', '2', 'exit', '5']).onTerm).toEqual({ afterMs: 2000, exit: exit(5) })
  expect(readScript(['sh', '-c', 'ignore-term; train']).onTerm).toBeNull()
  expect(readScript(['on-notice', 'exit', '0']).onNotice).toEqual({ afterMs: 0, exit: exit(0) })
})

test('it starts late, or not at all', () => {
  expect(readScript(['sh', '-c', 'start-delay 5s; train'])).toMatchObject({
    startDelayMs: 5000,
    startFailure: null,
    end: null,
  })
  expect(readScript(['start-fail', 'no', 'image'])).toMatchObject({ startFailure: 'no image' })
})
