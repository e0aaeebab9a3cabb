import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSpeller } from './speller.ts'

const decode = (bytes: readonly number[]) => new TextDecoder().decode(Uint8Array.from(bytes))

function spellBytes(bytes: Iterable<number>): string[] {
  const speller = createSpeller(decode)
  return [...Array.from(bytes, (byte) => speller.push(byte)), speller.flush()]
}

describe('the speller', () => {
  test('holds an incomplete character back until it is whole', () => {
    expect(spellBytes(Buffer.from('a🙂b'))).toEqual(['a', '', '', '', '🙂', 'b', ''])
  })

  test('lets an incomplete character go at the end, and broken text after a while', () => {
    expect(spellBytes([0x61, 0xf0, 0x9f]).join('')).toBe('a\uFFFD')
    expect(
      spellBytes(Array.from({ length: 40 }, () => 0xff)).filter((text) => text !== '').length,
    ).toBeGreaterThan(1)
  })

  test('joins words and marks as the tokenizer does, without a space before the first', () => {
    // Like a WordPiece tokenizer: a space before every word, none before a mark.
    const spell = (tokens: readonly string[]) =>
      tokens
        .map((token) => ` ${token}`)
        .join('')
        .replaceAll(' .', '.')
    const speller = createSpeller(spell)
    expect(['The', 'sea', 'sleeps', '.', 'Nobody'].map((token) => speller.push(token))).toEqual([
      'The',
      ' sea',
      ' sleeps',
      '.',
      ' Nobody',
    ])
  })

  test('loses and adds nothing, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        fc.pre(!text.startsWith(' ') && !text.includes('\uFFFD') && !text.startsWith('\uFEFF'))
        expect(spellBytes(Buffer.from(text)).join('')).toBe(decode([...Buffer.from(text)]))
      }),
    )
  })
})
