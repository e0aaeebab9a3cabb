/** Images and logins at registries, through the binary: what is sent, and what is never said. */
import { describe, expect, test } from 'vitest'
import { lease } from './documents.ts'
import type { Answers } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run } = createWorkplace()

const KEPT = { registry: 'ghcr.io', username: 'ada', setAt: '2026-01-01T00:00:00.000Z' }

describe('lease create --image', () => {
  test('sends the name of the image and no folder of the caller’s', async () => {
    const answers: Answers = { createLease: () => lease() }
    const words = [
      'lease',
      'create',
      '--image',
      'ghcr.io/org/train:v3',
      '--',
      'python3',
      'train.py',
    ]
    const { code } = await run(words, { answers })
    expect(code).toBe(0)
    const { body } = installation().requests[0] ?? {}
    expect(body).toMatchObject({ image: 'ghcr.io/org/train:v3', command: ['python3', 'train.py'] })
    expect(body).not.toHaveProperty('workingDirectory')
  })

  test('runs what the image itself says where no command is named', async () => {
    const answers: Answers = { createLease: () => lease() }
    const { code } = await run(['lease', 'create', '--image', 'ubuntu:24.04'], { answers })
    expect(code).toBe(0)
    expect(installation().requests[0]?.body).toMatchObject({ image: 'ubuntu:24.04', command: [] })
  })
})

describe('registry', () => {
  test('takes a password from a pipe, without the line’s end, and shows nothing of it', async () => {
    const answers: Answers = { loginRegistry: () => KEPT }
    const words = ['registry', 'login', 'ghcr.io', '--username', 'ada']
    const { code, stdout, stderr } = await run(words, { answers, stdin: 'ghp_secret\n' })
    expect(code).toBe(0)
    expect(installation().requests[0]?.body).toEqual({
      ...{ registry: 'ghcr.io', username: 'ada', password: 'ghp_secret' },
    })
    expect(stdout + stderr).not.toContain('ghp_secret')
    expect(stdout).toContain('ghcr.io is asked as ada')
  })

  test('refuses an empty password before anything is sent', async () => {
    const words = ['registry', 'login', 'ghcr.io', '--username', 'ada']
    const { code, stderr } = await run(words, { answers: {}, stdin: '\n' })
    expect(code).toBe(2)
    expect(stderr).toContain('No password was given')
    expect(installation().requests).toEqual([])
  })

  test('lists logins as documents and as a table, and forgets one', async () => {
    const listRegistries = () => ({ items: [KEPT], nextCursor: null })
    const listed = await run(['registry', 'list'], { answers: { listRegistries } })
    expect(listed.stdout).toMatch(/REGISTRY.*\n.*ghcr.io.*ada/)
    const json = await run(['--json', 'registry', 'list'], { answers: { listRegistries } })
    expect(JSON.parse(json.stdout)).toEqual({ items: [KEPT], nextCursor: null })
    const answers: Answers = { logoutRegistry: () => KEPT }
    const gone = await run(['registry', 'logout', 'ghcr.io', '--yes'], { answers })
    expect(gone.stdout).toContain('the login at ghcr.io is forgotten')
    expect(installation().requests[0]?.line).toBe('DELETE /api/v1/registries/ghcr.io')
  })
})
