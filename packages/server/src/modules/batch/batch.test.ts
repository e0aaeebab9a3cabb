/** What a batch does next, and how lines are found, judged and told. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextMove, renderAnswered, renderUnanswered, usageIdOf } from './batch.ts'
import { FileLines } from './file-lines.ts'
import { readLine } from './line-reading-service.ts'

const at = (second: number) => new Date(second * 1000)
const NAME = { batchId: 'batch_b', number: 3, customId: 'ä"' }

describe('a batch', () => {
  const view = { expiresAt: at(100), open: 2, running: 1 }

  test('is over when no line is open, and goes no further when its window is over', () => {
    const running = { ...view, state: 'in_progress' as const }
    expect(nextMove(running, at(50))).toBe('wait')
    expect(nextMove({ ...running, open: 0 }, at(200))).toEqual({ kind: 'end', as: 'completed' })
    expect(nextMove(running, at(100))).toBe('expire')
  })

  test.each([
    ['finalizing', 'expired'],
    ['cancelling', 'cancelled'],
  ] as const)('that is %s waits for what runs, and is then %s', (state, as) => {
    expect(nextMove({ ...view, state }, at(1))).toBe('wait')
    expect(nextMove({ ...view, state, running: 0 }, at(1))).toEqual({ kind: 'end', as })
  })

  test('names the usage of a line alike every time, and no two lines', () => {
    expect(usageIdOf('batch_a', 1)).toBe(usageIdOf('batch_a', 1))
    expect(new Set([usageIdOf('a', 1), usageIdOf('a', 2), usageIdOf('b', 1)]).size).toBe(3)
    expect(usageIdOf('a', 1)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/)
  })

  test('tells an answer in one line, however it was written', () => {
    const body = JSON.stringify({ text: 'one\ntwo' }, null, 2)
    const text = renderAnswered(NAME, { status: 200, requestId: 'req_1', body })
    expect(text).not.toContain('\n')
    expect(JSON.parse(text)).toEqual({
      ...{ id: 'batch_req_b_3', custom_id: 'ä"', error: null },
      response: { status_code: 200, request_id: 'req_1', body: { text: 'one\ntwo' } },
    })
    expect(JSON.parse(renderUnanswered(NAME, 'expired'))).toMatchObject({
      error: { code: 'batch_expired' },
      response: null,
    })
  })
})

describe('lines of a file', () => {
  test('are the same however its chunks are cut, and lie where they say', () => {
    const texts = fc.array(fc.stringMatching(/^[^\n\r]*$/), { maxLength: 12 })
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200)), (parts, cuts) => {
        const whole = Buffer.from(parts.join('\n'))
        const places = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])]
        const sorted = places.toSorted((a, b) => a - b)
        const reader = new FileLines(1000)
        const lines = [
          ...sorted
            .slice(1)
            .flatMap((end, index) => reader.push(whole.subarray(sorted[index], end))),
          ...reader.end(),
        ]
        for (const { offset, length, bytes } of lines)
          expect(whole.subarray(offset, offset + length)).toEqual(bytes)
        const told = parts
          .map((text, index) => [index + 1, Buffer.from(text)] as const)
          .filter(([, bytes]) => bytes.toString('latin1').trim() !== '')
        const first = told[0]?.[1]
        if (first?.subarray(0, 3).equals(Buffer.from('\uFEFF'))) return
        expect(lines.map(({ number, bytes }) => [number, bytes])).toEqual(told)
      }),
    )
  })

  test('that are too long are told without their bytes, and those behind them are where they are', () => {
    const reader = new FileLines(3)
    const lines = [...reader.push(Buffer.from('abcdef')), ...reader.push(Buffer.from('g\nok\n'))]
    expect(lines).toEqual([
      { number: 1, offset: 0, length: 7, bytes: null },
      { number: 2, offset: 8, length: 2, bytes: Buffer.from('ok') },
    ])
  })
})

describe('a line', () => {
  const read = (line: unknown) => readLine(Buffer.from(JSON.stringify(line)), '/v1/embeddings')
  const good = { custom_id: 'a', method: 'POST', url: '/v1/embeddings' }

  test('is what its endpoint takes', () => {
    const body = { model: 'vectors', input: 'text' }
    const line = read({ ...good, body })
    expect(line).toMatchObject({ kind: 'line', customId: 'a', model: 'vectors' })
  })

  test.each([
    [{ ...good, body: {} }, 'missing_required_parameter', 'body.model'],
    [{ ...good, body: [] }, 'missing_required_parameter', 'body'],
    [{ ...good, method: 'GET', body: {} }, 'invalid_method', 'method'],
    [{ ...good, custom_id: '', body: {} }, 'missing_required_parameter', 'custom_id'],
    [{ ...good, body: {}, priority: 1 }, 'unknown_parameter', 'priority'],
    [[good], 'invalid_json_line', null],
  ])('that is wrong is told by name: %j', (line, code, param) => {
    expect(read(line)).toMatchObject({ kind: 'fault', code, param })
  })
})
