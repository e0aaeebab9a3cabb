/** What the log promises: a person can read it, and a disk that is full does not end the program that writes it. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { untilTrue } from '../../../test/harness/index.ts'
import { openLogFile, setAsideLarge } from './log-file.ts'
import { renderTerminalLine } from './terminal-line.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'spillway-log-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

test('a terminal shows time, level, words, cause and fields, without the stack', () => {
  const record = {
    level: 50,
    time: '2026-01-02T03:04:05.678Z',
    err: { type: 'Error', message: 'no space left', stack: 'Error: no space left\n    at here' },
    attempt: 'lse_1-1',
    retryInMs: 400,
    msg: 'a step failed',
  }
  expect(renderTerminalLine(`${JSON.stringify(record)}\n`)).toBe(
    '03:04:05 error: a step failed: no space left (attempt=lse_1-1, retryInMs=400)\n',
  )
})

test('what is no record is shown as it is', () => {
  expect(renderTerminalLine('somebody else speaks\n')).toBe('somebody else speaks\n')
})

// A device that answers every write with ENOSPC stands for the full disk.
test.runIf(existsSync('/dev/full'))(
  'a log file on a full disk does not end the program',
  async () => {
    const script = `import { symlinkSync } from 'node:fs'
    import { createLog } from './log.ts'
    const dataDir = process.argv[1]
    symlinkSync('/dev/full', dataDir + '/server.log')
    const log = createLog({ dataDir, level: 'silent' })
    let count = 0
    const timer = setInterval(() => {
      log.error('again')
      if (++count === 20) { clearInterval(timer); process.stdout.write('alive', () => process.exit(0)) }
    }, 5)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
      cwd: import.meta.dirname,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => (output += piece.toString()))
    await new Promise((resolve) => child.once('close', resolve))
    expect(output).toBe('alive')
  },
)

test('lines arrive whole and in order, those written last at the end too', async () => {
  const path = join(dataDir, 'lines.log')
  const file = openLogFile(path)
  const lines = Array.from({ length: 200 }, (_, index) => `line ${index}\n`)
  for (const line of lines) file.write(line)
  await untilTrue(() => readFileSync(path, 'utf8') === lines.join(''))
  file.close()
})

test('a log that has grown large is set aside by the first that opens it', () => {
  const path = join(dataDir, 'large.log')
  writeFileSync(path, 'short')
  setAsideLarge(path)
  expect(existsSync(`${path}.old`)).toBe(false)
  writeFileSync(path, Buffer.alloc(9 * 1024 * 1024))
  setAsideLarge(path)
  expect(existsSync(path)).toBe(false)
  expect(statSync(`${path}.old`).size).toBe(9 * 1024 * 1024)
})
