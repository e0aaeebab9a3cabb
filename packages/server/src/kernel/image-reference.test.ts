/** Names of images, read as everybody reads them. */
import { expect, test } from 'vitest'
import { parseImageReference, renderImageReference } from './image-reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

test.each([
  ['ubuntu', 'docker.io/library/ubuntu:latest'],
  ['org/name:1.2', 'docker.io/org/name:1.2'],
  ['index.docker.io/org/name', 'docker.io/org/name:latest'],
  ['localhost/name', 'localhost/name:latest'],
  ['127.0.0.1:5000/a/b/c:x', '127.0.0.1:5000/a/b/c:x'],
  ['[::1]:5000/a', '[::1]:5000/a:latest'],
  [`ghcr.io/a/b:tag@${DIGEST}`, `ghcr.io/a/b@${DIGEST}`],
])('%s means %s', (text, meaning) => {
  const reference = parseImageReference(text)
  expect(reference && renderImageReference(reference)).toBe(meaning)
})

test.each([
  ...[
    '',
    '/',
    'a b',
    'UPPER/case',
    'a/../b',
    'ghcr.io/',
    'ghcr.io//a',
    'a:',
    'a:t:t',
    'a@sha256:1',
  ],
  ...['user:pw@ghcr.io/a', 'https://ghcr.io/a', 'ghcr.io/a?x=1', `a@${DIGEST}@${DIGEST}`, '-a.b/c'],
  'x'.repeat(600),
])('“%s” is no name of an image', (text) => {
  expect(parseImageReference(text)).toBeNull()
})
