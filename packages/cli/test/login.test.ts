/** Login through the binary: the key is tried, kept privately, and used afterwards. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand } from './run-command.ts'
import { createWorkplace } from './workplace.ts'

const { folder, simulate } = createWorkplace()

describe('login', () => {
  test('tries the key, keeps it where only its owner reads, and speaks with it afterwards', async () => {
    const session = {
      organization: { id: 'org_06f3k0000000000000000000aa', name: 'Example', kind: 'customer' },
      project: { id: 'prj_06f3k0000000000000000000aa', name: 'default' },
      role: 'member',
      permissions: ['lease.list'],
    }
    const { url } = await simulate({ getSession: () => session })
    const options = { folder: folder(), environment: { XDG_CONFIG_HOME: join(folder(), 'config') } }
    const words = ['login', '--url', url]
    const wrong = await runCommand(words, { ...options, stdin: 'mistyped\n' })
    expect(wrong.code).toBe(4)
    const right = await runCommand(words, { ...options, stdin: 'demo-secret\n' })
    expect(right.stdout).toBe(`Signed in to ${url} as Example.\n`)
    const path = join(folder(), 'config', 'spillway', 'config.json')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      url,
      key: 'demo-secret',
    })
    expect((await runCommand(['whoami'], options)).stdout).toContain('Example (customer)')
    expect((await runCommand(['logout'], options)).stdout).toContain('is removed')
  })
})
