import type { Model } from '@spillway/contract'
import { expect, test } from 'vitest'
import { renderAmount } from '../../ui/format/money.ts'
import { chatBody, readChunk } from './chat-stream.ts'
import { endTurn, startTurn, takePart, toMessages, turnFigures } from './chat-turn.ts'

const PRICE: Model['price'] = {
  input: { amountUsd: '0.10', per: '1000000', unit: 'token' },
  output: { amountUsd: '0.40', per: '1000000', unit: 'token' },
}

test('a turn grows by its parts and knows its first token, its speed and its exact cost', () => {
  let turn = startTurn('hello', 1000)
  turn = takePart(turn, { kind: 'text', text: 'the ' }, 1040)
  turn = takePart(turn, { kind: 'text', text: 'sea' }, 1140)
  turn = takePart(turn, { kind: 'finish', reason: 'stop' }, 1051)
  turn = takePart(turn, { kind: 'usage', usage: { promptTokens: 12, completionTokens: 11 } }, 1052)
  turn = endTurn(turn, 'done')
  const figures = turnFigures(turn, PRICE)
  expect(turn.answer).toBe('the sea')
  expect(figures.firstTokenAfterMs).toBe(40)
  expect(figures.tokensPerSecond).toBe(100)
  expect(renderAmount(figures.costPicos ?? 0n)).toBe('0.0000056')
})

test('until the gateway has counted, tokens are a guess and the cost is not told', () => {
  const turn = takePart(startTurn('q', 0), { kind: 'text', text: 'a' }, 5)
  expect(turnFigures(turn, PRICE)).toMatchObject({
    tokens: 1,
    isCounted: false,
    costPicos: null,
  })
})

test('the next request carries what was said, without what failed', () => {
  const said = endTurn(takePart(startTurn('one', 0), { kind: 'text', text: 'two' }, 1), 'done')
  const failed = endTurn(startTurn('lost', 3), 'failed')
  expect(toMessages([said, failed], ' be brief ', 'three')).toEqual([
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: 'three' },
  ])
})

test('chunks are read leniently', () => {
  expect(readChunk({})).toEqual([])
  expect(readChunk({ choices: [{ delta: { content: 'a' }, finish_reason: 'length' }] })).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'finish', reason: 'length' },
  ])
  expect(readChunk({ choices: [], usage: { prompt_tokens: 3 } })).toEqual([
    { kind: 'usage', usage: { promptTokens: 3, completionTokens: 0 } },
  ])
})

test('the request asks for a stream that ends with its usage', () => {
  expect(chatBody({ model: 'm', messages: [], maxTokens: 5, temperature: 0 })).toMatchObject({
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 5,
  })
})
