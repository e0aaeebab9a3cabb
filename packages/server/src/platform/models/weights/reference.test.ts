import { describe, expect, test } from 'vitest'
import { renderProgress } from './outcome.ts'
import { hubFileUrl, parseReference, renderHub } from './reference.ts'

const places = { baseFolder: '/fleet', homeFolder: '/home/me' }

describe('a reference to weights', () => {
  test.each([
    ['./model.gguf', '/fleet/model.gguf'],
    ['models/../model.gguf', '/fleet/model.gguf'],
    ['/data/model.gguf', '/data/model.gguf'],
    ['~/model.gguf', '/home/me/model.gguf'],
  ])('%s is the path %s', (text, path) => {
    expect(parseReference(text, places)).toEqual({ kind: 'path', path })
  })

  test.each([
    ['hf:Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf', 'Qwen3-4B-Q4_K_M.gguf', 'main'],
    ['hf:Qwen/Qwen3-4B-GGUF/a/b.gguf@v1.0', 'a/b.gguf', 'v1.0'],
    ['hf:Qwen/Qwen3-4B-GGUF/b.gguf@refs/pr/1', 'b.gguf', 'refs/pr/1'],
  ])('%s is a file of a hub', (text, file, revision) => {
    const hub = { owner: 'Qwen', repository: 'Qwen3-4B-GGUF', file, revision }
    expect(parseReference(text, places)).toEqual({ kind: 'hub', hub })
    expect(parseReference(renderHub(hub), places)).toEqual({ kind: 'hub', hub })
  })

  test.each([
    ['', /empty/],
    ['https://huggingface.co/a/b/c.gguf', /is an address/],
    ['hf:owner/file.gguf', /is not hf:owner/],
    ['hf:owner/repository/../../etc/file.gguf', /is not hf:owner/],
    ['hf:owner/repository/file.gguf@a@b', /is not hf:owner/],
    ['hf:owner/repository/file.gguf@../x', /is not hf:owner/],
    ['hf:owner/repository/model.safetensors', /does not name a \.gguf file/],
  ])('%j is refused', (text, want) => {
    expect(parseReference(text, places)).toEqual({
      kind: 'invalid',
      text: expect.stringMatching(want),
    })
  })

  test('has its address at the hub, or at a mirror with a path of its own', () => {
    const hub = { owner: 'o', repository: 'r', file: 'a b/c.gguf', revision: 'refs/pr/1' }
    expect(hubFileUrl('https://huggingface.co', hub)).toBe(
      'https://huggingface.co/o/r/resolve/refs%2Fpr%2F1/a%20b/c.gguf',
    )
    expect(hubFileUrl('http://mirror/hf/', hub)).toMatch(/^http:\/\/mirror\/hf\/o\/r\/resolve\//)
  })
})

describe('progress', () => {
  test('reads like a person would say it', () => {
    expect(renderProgress({ bytesDone: 1_400_000_000, bytesTotal: 4_700_000_000 })).toBe(
      '1.4 GB of 4.7 GB (29 %)',
    )
    expect(renderProgress({ bytesDone: 900, bytesTotal: null })).toBe('900 bytes')
  })
})
