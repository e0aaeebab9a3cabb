import { gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { COMPRESSED_ANSWER_CHARACTERS_MIN } from '../../limits.ts'
import { jsonAnswer } from './json-answer.ts'

const long = { text: 'a'.repeat(COMPRESSED_ANSWER_CHARACTERS_MIN) }
const app = new Hono()
  .get('/long', (context) => jsonAnswer(context, long))
  .get('/short', (context) => jsonAnswer(context, { ok: true }))

const ask = (path: string, encoding?: string) =>
  app.request(path, encoding === undefined ? {} : { headers: { 'accept-encoding': encoding } })

test('a long answer is compressed for those who can read it, and says so', async () => {
  const answer = await ask('/long', 'gzip, deflate, br')
  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expect(answer.headers.get('vary')).toBe('accept-encoding')
  expect(JSON.parse(gunzipSync(await answer.bytes()).toString())).toEqual(long)
})

test.each([undefined, 'br', 'gzip;q=0', 'deflate, gzip; q=0.0'])(
  'a caller that accepts %s gets the plain text',
  async (encoding) => {
    const answer = await ask('/long', encoding)
    expect(answer.headers.get('content-encoding')).toBeNull()
    expect(await answer.json()).toEqual(long)
  },
)

test('a short answer is not worth compressing', async () => {
  const answer = await ask('/short', 'gzip')
  expect(answer.headers.get('content-encoding')).toBeNull()
  expect(await answer.json()).toEqual({ ok: true })
})
