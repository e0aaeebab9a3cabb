/**
 * A sandbox with a way out: it leads out, and nowhere that it must not, whoever tries and however. What is tried against
 * the rules succeeds where the operator lets sandboxes on the machine's own network, so it can fail.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  admissionOf,
  isRunning,
  readLog,
  script,
  untilGone,
  untilLogged,
} from '#platform/engines/testing/bench.ts'
import { until } from '#platform/engines/testing/until.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { findProgram } from '#platform/processes/program-path.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { attemptPaths } from '../attempt-folder.ts'
import type { AttemptStatus } from '../attempt-folder.ts'
import type { LocalEngineOptions } from '../local-engine.ts'
import { makeLocalBench } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'
import { readOwnAddresses } from './outbound.ts'

const OUTBOUND = { network: 'outbound' } as const
const machine = readOwnAddresses().find((address) => !address.startsWith('127.')) ?? ''
const hasWayOut = machine !== '' && (await hasSandboxes(OUTBOUND))

/** As if the machine were another: what is on it may be reached where a rule allows that. */
const elsewhere = { ...OUTBOUND, ownAddresses: () => [] }
const allowed = { ...elsewhere, outbound: { allow: [machine], deny: [] } }

interface Prey {
  readonly tcp: number
  readonly udp: number
  readonly abstractSocket: string
}

type Attempt = (prey: Prey) => readonly string[]

const node =
  (source: (prey: Prey) => string): Attempt =>
  (prey) =>
    script(
      `console.log('tried'); const reached = () => { console.log('reached'); process.exit() }; const fail = () => process.exit(); setTimeout(fail, 5000); ${source(prey)}`,
    )
const connectTo = (place: object) =>
  `require('net').connect(${JSON.stringify(place)}).on('data', reached).on('error', fail)`
const askTo = (host: string, port: number) =>
  `const asker = require('dgram').createSocket('udp4').on('message', reached).on('error', fail); asker.bind(0, () => { asker.setBroadcast(true); asker.send('?', ${port}, '${host}') }); setTimeout(fail, 500)`
/** Past the table of routes: straight to a device. */
const throughDevice = (host: string, device: string): Attempt => {
  const source = (port: number) =>
    `use Socket; $| = 1; print "tried\\n"; alarm 2; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, 25, "${device}\\0") or exit; connect(S, sockaddr_in(${port}, inet_aton("${host}"))) and sysread(S, $x, 4) and print "reached\\n"; exit`
  return ({ tcp }) => ['perl', '-e', source(tcp)]
}

const REACHED_BY_HOST: Readonly<Record<string, Attempt>> = {
  'a service on loopback': node(({ tcp }) => connectTo({ host: '127.0.0.1', port: tcp })),
  'a service of the machine at its own address': node(({ tcp }) =>
    connectTo({ host: machine, port: tcp }),
  ),
  'the same by datagrams': node(({ udp }) => askTo(machine, udp)),
  'loopback by datagrams': node(({ udp }) => askTo('127.0.0.1', udp)),
  'a socket without a file': node(({ abstractSocket }) => connectTo({ path: abstractSocket })),
}

const TRICKS: Readonly<Record<string, Attempt>> = {
  'loopback through its gateway': node(({ tcp }) => connectTo({ host: '198.51.100.2', port: tcp })),
  'loopback through what answers for names': node(({ tcp }) =>
    connectTo({ host: '198.51.100.3', port: tcp }),
  ),
  'loopback by its gateway and datagrams': node(({ udp }) => askTo('198.51.100.2', udp)),
  'loopback by broadcast': node(({ udp }) => askTo('255.255.255.255', udp)),
  'loopback past the routes': throughDevice('127.0.0.1', 'tap0'),
  'the machine past the routes': throughDevice(machine, 'tap0'),
  'an IPv4 address written as IPv6': node(({ tcp }) =>
    connectTo({ host: `::ffff:${machine}`, port: tcp }),
  ),
  'the machine after it took the rules away': ({ tcp }) => [
    'sh',
    '-c',
    `echo tried; PATH=$PATH:/usr/sbin; nft flush ruleset 2>/dev/null; nft delete table inet spillway 2>/dev/null; ip route add local ${machine} dev lo 2>/dev/null; perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr=>"${machine}:${tcp}",Timeout=>2) and print "reached\\n"'`,
  ],
}

describe.runIf(requirement('slirp4netns', hasWayOut))('a sandbox with a way out', () => {
  const benches: LocalBench[] = []
  const closers: (() => void)[] = []
  const prey = { abstractSocket: `\0spillway-outbound-${process.pid}` } as {
    -readonly [Key in keyof Prey]: Prey[Key]
  }
  let attemptsTotal = 0
  let connections = 0

  beforeAll(async () => {
    for (const place of [{ port: 0, host: '0.0.0.0' }, { path: prey.abstractSocket }]) {
      const server = createServer((socket) => {
        connections += 1
        socket.on('error', () => {}).end('prey')
      }).listen(place)
      await once(server, 'listening')
      closers.push(() => server.close())
      if ('port' in place) prey.tcp = (server.address() as AddressInfo).port
    }
    const socket = createSocket('udp4')
    socket.on('message', (_, { address, port }) => socket.send('prey', port, address))
    socket.bind(0, '0.0.0.0')
    await once(socket, 'listening')
    prey.udp = socket.address().port
    closers.push(() => socket.close())
  })
  afterAll(async () => {
    for (const close of closers) close()
    for (const bench of benches) await bench.dispose()
  })

  const opened = new Map<Partial<LocalEngineOptions>, Promise<LocalBench>>()
  function benchOf(options: Partial<LocalEngineOptions>): Promise<LocalBench> {
    const known = opened.get(options)
    if (known) return known
    const made = makeLocalBench('customer', options).then((bench) => {
      benches.push(bench)
      return bench
    })
    opened.set(options, made)
    return made
  }

  async function run(options: Partial<LocalEngineOptions>, command: readonly string[]) {
    const { engine, ...bench } = await benchOf(options)
    const attemptId = `att_${++attemptsTotal}`
    await engine.admit(admissionOf({ ...bench, engine }, { attemptId, command }))
    const gone = await untilGone(engine, attemptId)
    const log = await engine.log(attemptId)
    return { gone, log: log === null ? '' : await readFile(log.path, 'utf8') }
  }
  const host = { network: 'host' } as const

  test.for(Object.entries({ ...REACHED_BY_HOST, ...TRICKS }))(
    'does not reach %s',
    async ([, tried]) => {
      expect((await run(OUTBOUND, tried(prey))).log).toBe('tried\n')
    },
  )
  test.for(Object.entries(REACHED_BY_HOST))(
    'without its rules would reach %s',
    async ([, tried]) => {
      expect((await run(host, tried(prey))).log).toBe('tried\nreached\n')
    },
  )

  const toMachine = node(({ tcp }) => connectTo({ host: machine, port: tcp }))
  test('reaches what a rule allows, by streams and datagrams', async () => {
    expect((await run(allowed, toMachine(prey))).log).toBe('tried\nreached\n')
    const asked = node(({ udp }) => askTo(machine, udp))
    expect((await run(allowed, asked(prey))).log).toBe('tried\nreached\n')
  })

  test('does not reach what a rule denies within what another allows', async () => {
    const denied = { ...elsewhere, outbound: { allow: ['0.0.0.0/0'], deny: [machine] } }
    expect((await run(denied, toMachine(prey))).log).toBe('tried\n')
  })

  test.for([
    '169.254.169.254',
    '10.255.255.254',
    '192.168.255.254',
    '100.100.100.200',
    '172.16.0.1',
  ])('is told at once that %s is not for it', async (address) => {
    const place = JSON.stringify({ host: address, port: 80 })
    const told = script(
      `require('net').connect(${place}).on('connect', () => console.log('reached')).on('error', (error) => console.log(error.code))`,
    )
    expect((await run(elsewhere, told)).log).toBe('EHOSTUNREACH\n')
  })

  test('keeps its way out when its shim dies, and nothing of it is left when the command is gone', async () => {
    const bench = await benchOf(allowed)
    const attemptId = `att_${++attemptsTotal}`
    const again = `setInterval(() => require('net').connect(${prey.tcp}, '${machine}').on('error', () => {}).resume(), 50)`
    const command = script(`console.log('up'); ${again}`)
    await bench.engine.admit(admissionOf(bench, { attemptId, command }))
    await untilLogged(bench.engine, 'up', attemptId)
    const { status } = attemptPaths(bench.directory, attemptId)
    const running = JSON.parse(await readFile(status, 'utf8')) as AttemptStatus
    if (running.phase !== 'running') throw new Error('it does not run')
    process.kill(running.shim.pid, 'SIGKILL')
    await until('the shim is dead', () => !isRunning(running.shim.pid))
    const seen = connections
    await until('it connects again', () => connections > seen + 2)
    await bench.engine.stop(attemptId, 5000)
    await untilGone(bench.engine, attemptId)
    await until(
      'its way out is closed',
      async () => (await carriersOf(running.holder)).length === 0,
    )
  })

  test('keeps its way out until the end of the grace of a stop', async () => {
    const bench = await benchOf(allowed)
    const attemptId = `att_${++attemptsTotal}`
    const last = `process.on('SIGTERM', () => setTimeout(() => require('net').connect(${prey.tcp}, '${machine}').on('data', () => { console.log('sent'); process.exit() }), 200))`
    await bench.engine.admit(
      admissionOf(bench, {
        attemptId,
        command: script(`${last}; console.log('up'); setInterval(() => {}, 1000)`),
      }),
    )
    await untilLogged(bench.engine, 'up', attemptId)
    await bench.engine.stop(attemptId, 20_000)
    await untilGone(bench.engine, attemptId)
    expect(await readLog(bench.engine, attemptId)).toBe('up\nsent\n')
  })

  test('is refused, never opened, where what it needs is missing, fails, or fails later', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spillway-programs-'))
    for (const name of ['bwrap', 'setpriv', 'prlimit', 'unshare', 'nft', 'taskset'])
      await symlink(pathOf(name), join(folder, name))
    // Some of them run inside.
    const place = { environment: { PATH: folder }, shared: [folder, dirname(process.execPath)] }
    const refusal = async () => {
      // An engine finds out once, so each is another.
      const { gone } = await run({ ...OUTBOUND, ...place }, script(`console.log('ran')`))
      return gone.state === 'gone' && gone.how === 'start_failed' ? gone.text : gone
    }
    expect(await refusal()).toContain('needs slirp4netns, which is not installed')
    const standIn = join(folder, 'slirp4netns')
    const write = async (text: string) => {
      await writeFile(standIn, `#!/bin/sh\n${text}\n`)
      await chmod(standIn, 0o755)
    }
    await write(`echo 'open("/dev/net/tun"): Permission denied' >&2; exit 1`)
    expect(await refusal()).toContain('slirp4netns: open("/dev/net/tun"): Permission denied')
    await write(
      `[ -e ${folder}/tried ] && exit 1; : >${folder}/tried; exec ${pathOf('slirp4netns')} "$@"`,
    )
    expect(await refusal()).toBe(
      'the sandbox could not be made: slirp4netns: it ended before it was ready',
    )
    await rm(folder, { recursive: true })
  })
})

function pathOf(name: string): string {
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`
  const search = findProgram(name, { path, directory: '/' })
  return search.kind === 'found' ? search.path : ''
}

/** The processes that carry the traffic of a sandbox. */
async function carriersOf(holder: number | null): Promise<readonly number[]> {
  const found = createProcessTable()
    .list()
    .map(async ({ pid }) => {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return words.endsWith(`\0${holder}\0tap0\0`) ? [pid] : []
    })
  return (await Promise.all(found)).flat()
}
