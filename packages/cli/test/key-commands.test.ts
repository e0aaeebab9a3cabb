/** API keys through the binary: what one is kept to, and rotation. */
import { expect, test } from 'vitest'
import { AT, apiKey as key, KEY_ID, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()
const NEW_ID = 'key_06f3k0000000000000000000bb'

test('a key is made with what it is kept to, and the list says so', async () => {
  const bodies: unknown[] = []
  const kept = key({ scopes: ['read'], models: ['toy'], networks: ['10.0.0.0/8'] })
  const answers = {
    createApiKey: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return { apiKey: kept, secret: 'sk-spillway-secret' }
    },
    listApiKeys: () => page([kept, key({ name: 'old', expiresAt: AT })]),
  }
  const flags = ['--role', 'member', '--scope', 'read', '--model', 'toy', '--from', '10.0.0.0/8']
  const made = await run(['key', 'create', 'ci', ...flags, '--expires', '30d'], { answers })
  expect(made.stdout).toBe('sk-spillway-secret\n')
  expect(bodies).toMatchObject([
    { name: 'ci', scopes: ['read'], models: ['toy'], networks: ['10.0.0.0/8'] },
  ])
  expect(bodies).toMatchObject([{ expiresAt: expect.stringMatching(/Z$/) }])
  const { stdout } = await run(['key', 'list'], { answers })
  expect(stdout).toMatch(/ci .*read toy 10\.0\.0\.0\/8 .*valid/)
  expect(stdout).toMatch(/old .*expired/)
})

test('a key is rotated by its name, and the secret alone goes to stdout', async () => {
  const calls: unknown[] = []
  const answers = {
    listApiKeys: () => page([key(), key({ id: NEW_ID, replacedBy: KEY_ID })]),
    rotateApiKey: (call: unknown) => {
      calls.push(call)
      const replaced = key({ expiresAt: AT, replacedBy: NEW_ID })
      return { apiKey: key({ id: NEW_ID }), secret: 'sk-spillway-next', replaced }
    },
  }
  const { stdout, stderr, code } = await run(['key', 'rotate', 'ci', '--grace', '2h'], { answers })
  expect(stdout).toBe('sk-spillway-next\n')
  expect(stderr).toContain('is refused from')
  expect(calls).toMatchObject([{ params: { id: KEY_ID }, body: { graceS: 7200 } }])
  expect(code).toBe(0)
})
