import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { connectParent } from './parent.ts'

test('a defect that nobody is left to read of ends the gateway once, and is not told for ever', async () => {
  // given a process whose terminal is gone: each word to it fails
  let words = 0
  const stderr = new EventEmitter()
  const write = () => {
    words++
    return stderr.emit('error', new Error('write EPIPE'))
  }
  const streams = { stdout: new EventEmitter(), stderr: Object.assign(stderr, { write }) }
  const host = Object.assign(new EventEmitter(), streams)
  const parent = connectParent(host as unknown as NodeJS.Process)
  // when
  host.emit('uncaughtException', new Error('a defect'))
  // then
  expect(await parent.end).toBe('defect')
  expect(words).toBe(1)
})
