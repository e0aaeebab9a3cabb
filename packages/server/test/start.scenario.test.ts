/** Starts that cannot be: what a person at the terminal reads, that the exit code is 1, and that nothing is left. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentsOf, processesOf, runProgram } from './faults/program.ts'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { spawnServer, startInstallation, type TestInstallation } from './harness/installation.ts'

const LAPTOP = readFileSync(join(import.meta.dirname, '../../../examples/laptop.yaml'), 'utf8')
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

const root = mkdtempSync(join(tmpdir(), 'spillway-start-'))
chmodSync(root, 0o755)
afterAll(() => rmSync(root, { recursive: true, force: true }))

function fleetFile(name: string, text: string): string {
  const path = join(root, name)
  writeFileSync(path, text)
  return path
}

/** The line of the last place where the text stands. */
function lineOf(text: string, needle: string): number {
  return text.split('\n').findLastIndex((line) => line.includes(needle)) + 1
}

/** Refused: code 1, words for people instead of a stack, and nothing of this folder runs. */
async function refusalOf(
  environment: Readonly<Record<string, string>>,
  options: Parameters<typeof runProgram>[1] = {},
): Promise<string> {
  const { code, output } = await runProgram(environment, options)
  expect(output).toContain('Spillway cannot start.')
  expect(code).toBe(1)
  expect(output).not.toMatch(/\n\s+at /)
  expect(processesOf(environment['SPILLWAY_DATA_DIR'] ?? '')).toEqual([])
  return output
}

describe(
  'a fleet file that cannot be used is refused before anything is opened',
  { timeout: 120_000 },
  () => {
    const dataDir = join(root, 'with-history')
    let before: readonly string[] = []

    beforeAll(async () => {
      const installation = await startInstallation({ dataDir })
      process.kill(installation.pid, 'SIGTERM')
      await untilTrue(() => processesOf(dataDir).length === 0, { timeoutMs: 30_000 })
      before = contentsOf(dataDir)
    }, 120_000)

    async function refusedWith(path: string): Promise<string> {
      const output = await refusalOf({ SPILLWAY_DATA_DIR: dataDir, SPILLWAY_FLEET: path })
      expect(contentsOf(dataDir)).toEqual(before)
      return output
    }

    test.each([
      ['a typo', 'accelerator: auto', 'acelerator: auto', 'did you mean `accelerator`?'],
      ['a negative price', 'spot: 0.90', 'spot: -0.90', 'not negative, such as 0.90'],
      ['more slots than exist', 'slots: auto', 'slots: 1000', 'there are only'],
      ['a word for a number', 'lifeYears: 4', 'lifeYears: four', 'write a plain number'],
      ['an unknown pool', '    pool: local', '    pool: lokal', 'pools here: local'],
    ])('%s: the line and the fix', async (mistake, from, to, wantFix) => {
      const text = LAPTOP.replace(from, to)
      const path = fleetFile(`${mistake.replaceAll(' ', '-')}.yaml`, text)
      const output = await refusedWith(path)
      expect(output).toContain(`.yaml:${lineOf(text, to.trim())}: `)
      expect(output).toContain(wantFix)
    })

    test('two pools of one name: the line of the second and the fix', async () => {
      const pool = LAPTOP.slice(LAPTOP.indexOf('      - name: local'), LAPTOP.indexOf('\nmodels:'))
      const text = LAPTOP.replace('\nmodels:', `${pool}\nmodels:`)
      const output = await refusedWith(fleetFile('pools.yaml', text))
      expect(output).toContain(`pools.yaml:${lineOf(text, '- name: local')}: a second pool named`)
      expect(output).toContain('give it another')
    })

    test('several mistakes are told at once', async () => {
      const text = LAPTOP.replace('spot: 0.90', 'spot: -0.90').replace('pue: 1.0', 'pue: 0.5')
      const output = await refusedWith(fleetFile('several.yaml', text))
      expect(output).toContain('has 2 faults; nothing was changed')
    })

    test('one that is missing, a folder, or no YAML says so', async () => {
      expect(await refusedWith(join(root, 'nowhere.yaml'))).toMatch(
        /nowhere\.yaml does not exist.*SPILLWAY_FLEET/,
      )
      expect(await refusedWith(root)).toContain('is a folder')
      expect(await refusedWith(fleetFile('open.yaml', 'installation: "open\n'))).toMatch(
        /open\.yaml:\d+: this is not YAML/,
      )
      expect(await refusedWith(fleetFile('prose.yaml', 'a sentence\n'))).toContain(
        'compare examples/laptop.yaml',
      )
    })
  },
)

describe('a port that cannot be had is told before a database is made', () => {
  test('because another program has it', async () => {
    const dataDir = join(root, 'port')
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = String(typeof address === 'object' && address ? address.port : 0)
    const output = await refusalOf({ SPILLWAY_DATA_DIR: dataDir, SPILLWAY_PORT: port })
    expect(output).toContain(`Port ${port} on 127.0.0.1 is taken by another program.`)
    expect(output).toContain('SPILLWAY_PORT')
    expect(contentsOf(dataDir)).toEqual([])
    other.close()
  })

  test.runIf(isRoot && process.platform === 'linux')('because it is kept for root', async () => {
    const folder = join(root, 'ordinary')
    mkdirSync(folder, { mode: 0o777 })
    chmodSync(folder, 0o777)
    const environment = { SPILLWAY_DATA_DIR: join(folder, 'data'), SPILLWAY_PORT: '80' }
    expect(await refusalOf(environment, { uid: NOBODY })).toMatch(/Port 80 .*EACCES.*SPILLWAY_PORT/)
  })
})

describe('a running server', { timeout: 120_000 }, () => {
  let running: TestInstallation

  beforeAll(async () => {
    const { url } = await cloneDatabase()
    running = await startInstallation({ databaseUrl: url })
  }, 120_000)
  afterAll(() => running.stop())

  test('is named with its pid to a second one on its data folder, and goes on', async () => {
    const { code, output } = await runProgram({ SPILLWAY_DATA_DIR: running.dataDir })
    expect(code).toBe(1)
    expect(output).toContain(`(process ${running.pid}) is using ${running.dataDir}`)
    expect(output).toContain(`kill ${running.pid}`)
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
  })

  test('is named to another that wants its port', async () => {
    const port = new URL(running.url).port
    const output = await refusalOf({
      SPILLWAY_DATA_DIR: join(root, 'same-port'),
      SPILLWAY_PORT: port,
    })
    expect(output).toContain(`another Spillway answers at http://127.0.0.1:${port}`)
  })
})

describe('a data folder that cannot be used is told with what to do', () => {
  test('below a file', async () => {
    const file = fleetFile('a-file', '')
    const output = await refusalOf({ SPILLWAY_DATA_DIR: join(file, 'below') })
    expect(output).toContain('is not a folder')
    expect(output).toContain('SPILLWAY_DATA_DIR')
  })

  test.runIf(isRoot)('not writable for the user that runs it', async () => {
    const closed = join(root, 'closed')
    mkdirSync(closed, { mode: 0o755 })
    const output = await refusalOf({ SPILLWAY_DATA_DIR: join(closed, 'data') }, { uid: NOBODY })
    expect(output).toMatch(/cannot be written \(EACCES\)\. Make it writable .* SPILLWAY_DATA_DIR/)
  })

  test('with a secrets file that is damaged, which a new one could not replace', async () => {
    const dataDir = join(root, 'damaged')
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'secrets.json'), '{"pepper')
    expect(await refusalOf({ SPILLWAY_DATA_DIR: dataDir })).toMatch(
      /secrets\.json.*Restore it from a backup/,
    )
    rmSync(join(dataDir, 'secrets.json'))
    mkdirSync(join(dataDir, 'postgres/cluster'), { recursive: true })
    expect(await refusalOf({ SPILLWAY_DATA_DIR: dataDir })).toMatch(
      /secrets\.json.*is missing beside a database/,
    )
  })

  test('on a disk that is full', async (context) => {
    const disk = join(root, 'disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'ignore' })
    } catch {
      return context.skip('mounting a small disk is not permitted here')
    }
    try {
      const output = await refusalOf({ SPILLWAY_DATA_DIR: join(disk, 'data') })
      expect(output).toMatch(/Only 8 MiB are free .* needs at least 200 MiB\. Free some space/)
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

test('every wrong value of the environment is told at once', async () => {
  const output = await refusalOf({
    SPILLWAY_DATA_DIR: join(root, 'values'),
    SPILLWAY_PORT: 'many',
    SPILLWAY_LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://elsewhere',
    HF_ENDPOINT: 'nowhere',
  })
  expect(output).toMatch(/SPILLWAY_PORT must be a port number .* such as 4510/)
  expect(output).toMatch(/SPILLWAY_LOG_LEVEL must be one of fatal, error, warn/)
  expect(output).toMatch(/DATABASE_URL must begin with postgresql:/)
  expect(output).toMatch(/HF_ENDPOINT must be an address such as https:/)
})

test('a variable with a typo in its name is told with the right one', async () => {
  const output = await refusalOf({ SPILLWAY_DATA_DIR: join(root, 'typo'), SPILLWAY_PROT: '4511' })
  expect(output).toContain(
    'SPILLWAY_PROT is not a variable of the server; did you mean SPILLWAY_PORT?',
  )
})

test('a database that cannot be reached is told, without its password', async () => {
  const dataDir = join(root, 'no-database')
  const url = 'postgresql://somebody:secret@127.0.0.1:9/spillway'
  const output = await refusalOf({ SPILLWAY_DATA_DIR: dataDir, DATABASE_URL: url })
  expect(output).toContain('DATABASE_URL')
  expect(output).not.toContain('secret')
})

test(
  'Ctrl-C during the first start ends in order, and leaves nothing running',
  { timeout: 120_000 },
  async () => {
    const dataDir = join(root, 'interrupted')
    const { child, output } = spawnServer({ SPILLWAY_DATA_DIR: dataDir })
    const ended = new Promise((resolve) => child.once('close', resolve))
    await untilTrue(() => processesOf(join(dataDir, 'postgres')).length > 0, { timeoutMs: 30_000 })
    child.kill('SIGINT')
    expect(await ended, output()).toBe(0)
    expect(output()).toContain('SIGINT: stopping.')
    expect(processesOf(dataDir)).toEqual([])
  },
)
