/** Python's official client, unmodified; left out where no Python has it. */
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { addCustomer, addModel } from '../../../test/gateway/installation.ts'
import { findPython, runPython } from '../../../test/gateway/python.ts'
import { makeStand, untilTrue } from '../../../test/gateway/stand.ts'
import { requirement } from '../../../test/harness/requirement.ts'

const PROGRAM = new URL('../../../test/gateway/python-client.py', import.meta.url).pathname
const stand = await makeStand()
const python = findPython()

beforeAll(async () => {
  const { url } = stand.simulator
  await addModel(stand.database.db, { name: 'vectors', urls: [url], isEmbedding: true })
  await untilTrue(async () => {
    const answer = await fetch(`${stand.gateway.url}/v1/models/vectors`, {
      headers: { authorization: `Bearer ${stand.customer.key}` },
    })
    return answer.status === 200
  })
})

test.runIf(requirement('python', python !== null))(
  'the official client of Python gets everything that the one of JavaScript gets',
  async () => {
    const poor = await addCustomer(stand.database.db, { name: 'Poor', usd: '0' })
    const words = [PROGRAM, `${stand.gateway.url}/v1`, stand.customer.key, poor.key]
    const said = z
      .record(z.string(), z.unknown())
      .parse(await new Response(await runPython(python ?? '', words)).json())
    const text = 'word0 word1 word2 word3 word4 '
    expect(said).toEqual({
      chat: [text, 11, 5],
      chat_stream: [text, 5],
      chat_tools: [
        ['add', '{"a":1}'],
        ['add', '{"a":1}'],
      ],
      response: [text, 'completed', 11, 5],
      response_stream: ['response.created', 'response.completed', text, ['reasoning', 'message']],
      response_broken: ['response.failed', true],
      embeddings: [
        [
          [0, 0.5, -0.25],
          [1, 0.5, -0.25],
        ],
        22,
      ],
      completion: ['word0 word1 word2 ', 3],
      models: ['toy', 'vectors'],
      errors: [
        ['AuthenticationError', 401, 'invalid_api_key'],
        ['NotFoundError', 404, 'model_not_found'],
        ['RateLimitError', 429, 'insufficient_quota'],
        ['BadRequestError', 400, 'unsupported_model'],
      ],
      again: text,
    })
  },
)
