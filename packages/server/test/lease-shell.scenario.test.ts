import { spawn as spawnPlain } from 'node:child_process'
import { once } from 'node:events'
import { request as ask } from 'node:http'
import { join } from 'node:path'
import { type IPty, spawn } from '@lydell/node-pty'
import { createClient, type Client, type Lease, servicePath } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const CLI = join(import.meta.dirname, '../../cli/src/main.ts')
const LEASE = /lse_[0-9a-z]{26}/

let installation: TestInstallation
let buyer: Client

beforeAll(async () => {
  await begin()
})

afterAll(async () => {
  await installation.stop()
})

async function begin(dataDir?: string): Promise<void> {
  installation = await startInstallation(dataDir === undefined ? {} : { dataDir })
  buyer = createClient({ url: installation.url, credential: installation.demoApiKey })
}

function environmentOf(key: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: installation.dataDir,
    TERM: 'xterm',
    SPILLWAY_URL: installation.url,
    SPILLWAY_API_KEY: key,
  }
}

/** What comes out of `… | spillway lease shell`, and its exit code. */
async function pipe(input: string, words: readonly string[] = []): Promise<[string, number]> {
  const child = spawnPlain(process.execPath, [CLI, 'lease', 'shell', ...words], {
    cwd: installation.dataDir,
    env: environmentOf(installation.demoApiKey),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let out = ''
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()))
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number]
  return [out, code]
}

/** A person with a terminal of his own, who types and looks. */
class Person {
  readonly #pty: IPty
  readonly ended: Promise<number>
  screen = ''

  constructor(words: readonly string[], key = '') {
    this.#pty = spawn(process.execPath, [CLI, 'lease', 'shell', ...words], {
      cols: 101,
      rows: 33,
      cwd: installation.dataDir,
      env: environmentOf(key === '' ? installation.demoApiKey : key),
    })
    this.#pty.onData((text) => (this.screen += text))
    this.ended = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)))
  }

  type(text: string): void {
    this.#pty.write(text)
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows)
  }

  async sees(what: RegExp): Promise<RegExpExecArray> {
    return untilTrue(() => what.exec(this.screen), {
      timeoutMs: 30_000,
      what: `${what} on the screen`,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.screen}`)
    })
  }

  async leaseId(): Promise<string> {
    return (await this.sees(LEASE))[0]
  }
}

const SH = ['--', 'sh']

function untilLease(id: string, condition: (lease: Lease) => boolean): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await buyer.getLease({ params: { id } })
      return condition(lease) ? lease : null
    },
    { timeoutMs: 30_000 },
  )
}

/** Status and code of what answers to a request for an upgrade. */
function knock(id: string, key: string): Promise<[number, string]> {
  const { hostname, port } = new URL(installation.url)
  const asking = ask({
    ...{ host: hostname, port, path: servicePath(id) },
    headers: {
      connection: 'Upgrade',
      upgrade: 'spillway-terminal',
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
    },
  })
  return new Promise((resolve, reject) => {
    asking.on('error', reject)
    asking.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve([101, ''])
    })
    asking.on('response', (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString()))
      answer.on('end', () =>
        resolve([answer.statusCode ?? 0, /"code":"([^"]*)"/.exec(text)?.[1] ?? '']),
      )
    })
    asking.end()
  })
}

describe('a terminal on a lease', { timeout: 120_000 }, () => {
  test('takes what is typed, knows its size, passes on Ctrl-C, and ends with the code of its shell', async () => {
    const person = new Person(SH)
    await person.sees(/Attached/)
    person.type('echo at $((6*7)) on $TERM; stty size\r')
    await person.sees(/at 42 on xterm\s+33 101/)
    // What is typed before the prompt is there stands above it.
    person.resize(90, 20)
    person.type('until stty size | grep "^20 90"; do sleep 0.05; done\r')
    await person.sees(/(?:\n|# )20 90/)
    // One that says so itself has the terminal by then, so that Ctrl-C is for it.
    person.type('sh -c "echo begun; exec sleep 600"\r')
    await person.sees(/(?:\n|# )begun/)
    person.type('\x03')
    person.type('echo after $?\r')
    await person.sees(/after 130/)
    person.type('exit 7\r')
    expect(await person.ended).toBe(7)
    const lease = await untilLease(await person.leaseId(), ({ state }) => state === 'ended')
    expect(lease).toMatchObject({ mode: 'interactive', exitCode: 7, endReason: 'exited' })
  })

  test('is left with ~. and come back to, by several at once; its log tells who came and not what was typed', async () => {
    const first = new Person(SH)
    const id = await first.leaseId()
    await first.sees(/Attached/)
    first.type('echo secret-$((1+1))\r')
    await first.sees(/secret-2/)
    first.type('\r~.')
    expect(await first.ended).toBe(130)
    const second = new Person([id])
    const third = new Person([id.slice(-12)])
    for (const person of [second, third]) await person.sees(/secret-2/)
    second.type('echo to-$((2+1))\r')
    for (const person of [second, third]) await person.sees(/to-3/)
    third.type('exit\r')
    for (const person of [second, third]) expect(await person.ended).toBe(0)
    const log = await (await buyer.getLeaseLogs({ params: { id } })).text()
    expect(log).toMatch(/attached \(2 now\)/)
    expect(log).not.toContain('secret')
  })

  test('outlives the server, and whoever is attached is attached again', async () => {
    const person = new Person(SH)
    const id = await person.leaseId()
    await person.sees(/Attached/)
    person.type('kept=yes; echo ready-$((1+1))\r')
    await person.sees(/ready-2/)
    person.type('\r~.')
    await person.ended
    const staying = new Person([id])
    await staying.sees(/ready-2/)
    const { dataDir } = installation
    const port = new URL(installation.url).port
    await installation.kill()
    await staying.sees(/connection is lost/)
    installation = await startInstallation({ dataDir, environment: { SPILLWAY_PORT: port } })
    await staying.sees(/connection is back/)
    staying.type('echo still-$kept\r')
    await staying.sees(/still-yes/)
    expect(staying.screen.match(/ready-2/g)).toHaveLength(1)
    staying.type('exit 3\r')
    expect(await staying.ended).toBe(3)
    expect((await untilLease(id, ({ state }) => state === 'ended')).exitCode).toBe(3)
  })

  test('is typed into by a pipe: without echo or prompt, to the end of its input, with its exit code', async () => {
    expect(await pipe('echo one-$((1+1))\necho last')).toEqual(['one-2\nlast\n', 0])
    expect(await pipe('exit 5\n')).toEqual(['', 5])
    expect(await pipe('', ['--', 'sh', '-c', 'seq 1 20000 | tail -n 1; exit 6'])).toEqual([
      '20000\r\n',
      6,
    ])
  })

  test('is opened for its organization alone, and every attachment is on record', async () => {
    const { id } = await buyer.createLease({
      body: { command: ['sh'], mode: 'interactive', tier: 'on_demand', graceMs: 0 },
    })
    const key = installation.demoApiKey
    await untilTrue(async () => (await knock(id, key))[0] === 101, { timeoutMs: 30_000 })
    const operator = createClient({ url: installation.url, credential: installation.operatorToken })
    const stranger = await operator.createOrganization({ body: { name: 'stranger' } })
    for (const other of [stranger.apiKey, installation.operatorToken])
      expect(await knock(id, other)).toEqual([404, 'lease.not_found'])
    expect(await knock(id, '')).toEqual([401, 'credential.missing'])
    const { secret } = await buyer.createApiKey({ body: { name: 'tokens', role: 'inference' } })
    expect(await knock(id, secret)).toEqual([403, 'permission.denied'])
    const { items } = await operator.listAuditEvents()
    expect(items.filter(({ action }) => action === 'lease.attach')).toContainEqual(
      expect.objectContaining({ target: id, outcome: 'done' }),
    )
    const plain = await fetch(`${installation.url}${servicePath(id)}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(plain.status).toBe(426)
    await buyer.stopLease({ params: { id } })
    await untilLease(id, ({ state }) => state === 'ended')
    expect(await knock(id, key)).toEqual([409, 'lease.already_ended'])
  })

  test('that nobody attaches to ends at its idle limit, and a job or another mode has none', async () => {
    const { id, idleLimitMs } = await buyer.createLease({
      body: { command: ['sh'], mode: 'interactive', idleLimitMs: 1000 },
    })
    expect(idleLimitMs).toBe(1000)
    const ended = await untilLease(id, ({ state }) => state === 'ended')
    expect(ended.endReason).toBe('exited')
    expect(await (await buyer.getLeaseLogs({ params: { id } })).text()).toContain('idle limit')
    const refused = buyer.createLease({ body: { command: ['sh'], idleLimitMs: 1000 } })
    await expect(refused).rejects.toMatchObject({ problem: { code: 'request.invalid' } })
    const job = await buyer.createLease({ body: { command: ['true'] } })
    const person = new Person([job.id])
    await person.sees(/has no terminal/)
    expect(await person.ended).toBe(1)
  })

  test('shows a reclaim with the time that is left', async () => {
    const slots = (await buyer.listPools()).items[0]?.slotsFree ?? 1
    const person = new Person(['--gpus', String(slots), '--tier', 'spot', ...SH])
    await person.sees(/Attached/)
    person.type('echo here-$((1+1))\r')
    await person.sees(/here-2/)
    const operator = createClient({ url: installation.url, credential: installation.operatorToken })
    const anchor = await operator.runAnchor({ body: { command: ['sleep', '600'], gpus: slots } })
    await person.sees(/\[spillway\] This lease is taken back: it stops in \d+ s/)
    person.type('echo saved-$((1+1))\r')
    await person.sees(/saved-2/)
    await operator.stopLease({ params: { id: anchor.id } })
    await buyer.stopLease({ params: { id: await person.leaseId() } })
    expect(await person.ended).toBeGreaterThan(0)
  })
})
