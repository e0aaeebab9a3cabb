/** What a model writes is shown and never run, and a call as code is the call that was made. */
import { expect, test } from 'vitest'
import { renderCall } from './call-code.ts'
import { chosenModels, EMPTY_DRAFT, originWords, readOrigin, requestOf } from './lane.ts'
import { parseInline, parseMarkdown } from './markdown.ts'

test('Markdown becomes blocks', () => {
  const text = '# Title\nOne **two** `three`\n\n- a\n- *b*\n1. c\n> quoted\n```ts\nx < y\n```\n---'
  expect(parseMarkdown(text)).toEqual([
    { kind: 'heading', level: 1, of: [{ kind: 'text', text: 'Title' }] },
    {
      kind: 'paragraph',
      of: [
        { kind: 'text', text: 'One ' },
        { kind: 'strong', of: [{ kind: 'text', text: 'two' }] },
        { kind: 'text', text: ' ' },
        { kind: 'code', text: 'three' },
      ],
    },
    {
      kind: 'list',
      isOrdered: false,
      items: [
        [{ kind: 'text', text: 'a' }],
        [{ kind: 'emphasis', of: [{ kind: 'text', text: 'b' }] }],
      ],
    },
    { kind: 'list', isOrdered: true, items: [[{ kind: 'text', text: 'c' }]] },
    { kind: 'quote', of: [{ kind: 'text', text: 'quoted' }] },
    { kind: 'code', language: 'ts', text: 'x < y' },
    { kind: 'rule' },
  ])
})

test.each([
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  '[x](data:text/html,hi)',
  '![x](//example.com/a.png)',
])('what could run or be fetched stays text: %s', (text) => {
  const kinds = parseInline(text).map(({ kind }) => kind)
  expect(new Set(kinds)).toEqual(new Set(['text']))
})

test('a link goes to the web only, and an image is but a link', () => {
  const href = 'https://example.com/a?b=c'
  expect(parseInline(`![pic](${href})`)).toEqual([{ kind: 'link', href, text: 'pic' }])
})

test('a stream that is not at its end yet is shown as far as it is', () => {
  expect(parseMarkdown('```py\nprint(')).toEqual([{ kind: 'code', language: 'py', text: 'print(' }])
  expect(parseMarkdown('**half')).toEqual([
    { kind: 'paragraph', of: [{ kind: 'text', text: '**half' }] },
  ])
})

test('code for a shell and for Python says exactly what was asked', () => {
  const draft = { ...EMPTY_DRAFT, prompt: 'it\'s "so"\nnow', system: 'brief', seed: '7' }
  const request = requestOf('toy', draft)
  const curl = renderCall('curl', request, 'http://here')
  expect(curl).toContain("it'\\''s")
  const body = /-d '(.*)'$/s.exec(curl)?.[1]?.replaceAll("'\\''", "'")
  expect(JSON.parse(body ?? '')).toMatchObject({ model: 'toy', seed: 7, stream: true })
  const python = renderCall('python', request, 'http://here')
  expect(python).toContain('    stream=True,')
  expect(python).toContain('{"role": "user", "content": "it\'s \\"so\\"\\nnow"}')
})

test('where an answer came from is told in words', () => {
  const headers = new Headers({
    ...{ 'x-spillway-provider': 'own', 'x-spillway-region': 'eu' },
    ...{ 'x-spillway-reason': 'cheapest; group=night', 'x-spillway-attempts': '2' },
    'x-spillway-route-version': '3',
  })
  expect(originWords(readOrigin(headers))).toBe(
    'own, eu · the cheapest server of group night · 2 servers tried · route v3',
  )
})

test('the models of an address are those that there are, three at most, else a ready one', () => {
  const model = (id: string, state = 'ready', isEmbedding = false) => ({ id, state, isEmbedding })
  const models = [
    model('e', 'ready', true),
    model('a', 'asleep'),
    ...['b', 'c', 'd'].map((id) => model(id)),
  ]
  expect(chosenModels('b,x,c,b,d,a', models)).toEqual(['b', 'c', 'd'])
  expect(chosenModels(undefined, models)).toEqual(['b'])
  expect(chosenModels('e', models)).toEqual(['b'])
  expect(chosenModels('e', [])).toEqual([])
})
