import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { requirement, untilTrue } from '../../../test/harness/index.ts'
import { renderSecret, signedHeaders } from './signature.ts'

const examples = join(import.meta.dirname, '../../../../../examples')
const secret = renderSecret(new Uint8Array(32).fill(7))
const hasPython = requirement('python3', spawnSync('python3', ['--version']).status === 0)

const RECEIVERS = [
  { language: 'JavaScript', command: process.execPath, file: 'webhook-receiver.js', isThere: true },
  { language: 'Python', command: 'python3', file: 'webhook_receiver.py', isThere: hasPython },
] as const

const body = JSON.stringify({
  type: 'lease.notice_given',
  timestamp: '2026-03-04T12:00:00.000Z',
  data: { leaseId: 'lse_1', stopAt: '2026-03-04T12:00:30.000Z', text: 'Wird in 30 s beendet – ö.' },
})

let child: ChildProcess | null = null

afterEach(() => {
  child?.kill('SIGKILL')
})

describe.each(RECEIVERS)('the receiver in $language', ({ command, file, isThere }) => {
  test.runIf(isThere)(
    'takes what is signed, with either secret, once, and refuses what is forged, changed or old',
    async () => {
      let said = ''
      child = spawn(command, [join(examples, file)], {
        env: { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child.stdout?.on('data', (piece: Buffer) => (said += piece.toString()))
      const port = await untilTrue(() => /listening on (\d+)/.exec(said)?.[1])
      const send = async (headers: Record<string, string>, text = body) =>
        (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: text })).status
      const at = new Date()
      const signed = { messageId: 'evt_1-1', body, at, secrets: [secret] }
      const other = renderSecret(new Uint8Array(32).fill(8))

      expect(await send(signedHeaders(signed))).toBe(204)
      expect(await send(signedHeaders({ ...signed, secrets: [other, secret] }))).toBe(204)
      expect(await send(signedHeaders({ ...signed, secrets: [other] }))).toBe(400)
      expect(await send(signedHeaders(signed), body.replace('lse_1', 'lse_2'))).toBe(400)
      expect(await send({ ...signedHeaders(signed), 'webhook-id': 'evt_1-2' })).toBe(400)
      const old = new Date(at.getTime() - 301_000)
      expect(await send(signedHeaders({ ...signed, at: old }))).toBe(400)
      expect(await send({})).toBe(400)
      expect(said.match(/save your work: lse_1 stops at 2026-03-04T12:00:30\.000Z/g)).toHaveLength(
        1,
      )
    },
  )
})
