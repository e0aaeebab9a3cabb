/**
 * Attempts to get out of the sandbox, each a real attempt of a customer that knows more than one ever would: paths,
 * pids and addresses of what it is after. Each is also run without a sandbox, where it succeeds: so it can fail.
 */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  admissionOf,
  readLog,
  script,
  untilGone,
  untilLogged,
} from '#platform/engines/testing/bench.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { attemptPaths } from '../attempt-folder.ts'
import type { AttemptStatus } from '../attempt-folder.ts'
import { readJson } from '../durable-file.ts'
import { makeLocalBench } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'

/** What there is to get at. */
interface Prey {
  readonly bench: LocalBench
  readonly credentials: string
  /** Of the other lease. */
  readonly metadataUrl: string
  readonly otherPid: number
  readonly shimPid: number
  readonly port: number
  readonly socket: string
  readonly abstractSocket: string
}

const SECRET = 'the-secret-of-the-other-lease'

/** Words that print `escaped` where the escape works. */
type Escape = (prey: Prey) => readonly string[]

const shell =
  (source: (prey: Prey) => string): Escape =>
  (prey) => [
    'sh',
    '-c',
    `echo tried; if { ${source(prey)}; } >/dev/null 2>&1; then echo escaped; fi`,
  ]

const node =
  (source: (prey: Prey) => string): Escape =>
  (prey) =>
    script(
      `console.log('tried'); const escaped = () => { console.log('escaped'); process.exit() }; ${source(prey)}`,
    )

const connectTo = (place: object) =>
  `require('net').connect(${JSON.stringify(place)}).on('connect', escaped).on('error', () => {})`

const otherFolder = ({ bench }: Prey) => attemptPaths(bench.directory, 'att_other')
const processText = (pid: number, file: string) => `cat /proc/${pid}/${file} | grep -q .`

const ESCAPES: Readonly<Record<string, Escape>> = {
  'reads credentials.json': shell(({ credentials }) => `cat ${credentials}`),
  'writes into the data folder': shell(({ credentials }) => `touch ${credentials}.new`),
  'reads the metadata of another lease': node(
    ({ metadataUrl }) =>
      `fetch('${metadataUrl}/lease').then((answer) => answer.status === 200 && escaped(), () => {})`,
  ),
  'reads the record of another lease': shell((prey) => `cat ${otherFolder(prey).admission}`),
  'reads the log of another lease': shell((prey) => `cat ${otherFolder(prey).log}`),
  'writes into the work folder of another lease': shell(
    (prey) => `touch ${otherFolder(prey).work}/planted`,
  ),
  'connects to the database’s socket': node(({ socket }) => connectTo({ path: socket })),
  'connects to a socket without a file': node(({ abstractSocket }) =>
    connectTo({ path: abstractSocket }),
  ),
  'connects to a service on loopback': node(({ port }) => connectTo({ host: '127.0.0.1', port })),
  'reads the environment of another lease': shell(({ otherPid }) =>
    processText(otherPid, 'environ'),
  ),
  'finds the secret of another lease among all processes': shell(
    () => `cat /proc/[0-9]*/environ | grep -q ${SECRET}`,
  ),
  'reads the environment of the server': shell(() => processText(process.pid, 'environ')),
  'reads what the server was started with': shell(() => processText(process.pid, 'cmdline')),
  'looks through the server’s root': shell(() => `ls /proc/${process.pid}/root/`),
  'signals its shim': shell(({ shimPid }) => `kill -0 ${shimPid}`),
  'signals another lease': shell(({ otherPid }) => `kill -0 ${otherPid}`),
  'reads the memory of its shim': shell(
    ({ shimPid }) => `head -c 1 /proc/${shimPid}/maps | grep -q .`,
  ),
  'mounts a file system': shell(
    () => `unshare -m mount -t tmpfs none /mnt || unshare -Urm mount -t tmpfs none /mnt`,
  ),
  'becomes more than it is by a program that lends its owner’s rights': shell(
    () => `grep -q '^NoNewPrivs:.*0' /proc/self/status`,
  ),
  'reads the keys of the session that started the server': shell(
    () => `perl -e 'exit(syscall(250, 0, -3, 0) < 0)'`,
  ),
  'reaches a part of the kernel that has often been the way in': shell(
    () => `perl -e 'exit(syscall(298, 0, 0, -1, -1, 0) < 0 && $!{EPERM})'`,
  ),
}

/** Only root could. */
const ESCAPES_OF_ROOT: Readonly<Record<string, Escape>> = {
  'reads the passwords of the machine': shell(() => 'cat /etc/shadow'),
  'writes among the system’s programs': shell(
    ({ port }) => `touch /usr/local/bin/escape-${port} && rm /usr/local/bin/escape-${port}`,
  ),
  'reads the devices of the machine': shell(
    () => 'ls /dev/vda /dev/sda /dev/nvme0n1 /dev/mem | grep -q /dev',
  ),
  'changes a setting of the kernel': shell(
    () => 'sh -c "cat /proc/sys/kernel/panic > /proc/sys/kernel/panic"',
  ),
  'is the system’s first user': shell(() => `grep -q '^Uid:.0' /proc/self/status`),
}

async function listen(server: Server, place: string | number): Promise<Server> {
  if (typeof place === 'number') server.listen(place, '127.0.0.1')
  else server.listen(place)
  await once(server, 'listening')
  return server
}

describe.runIf(requirement('bubblewrap', await hasSandboxes()))('a customer’s command', () => {
  let bench: LocalBench
  let prey: Prey
  let servers: readonly Server[] = []
  let attemptsTotal = 0

  beforeAll(async () => {
    bench = await makeLocalBench('customer')
    const credentials = join(bench.home, 'credentials.json')
    await writeFile(credentials, '{"operator_token":"secret"}')
    const socket = join(bench.home, '.s.PGSQL.5432')
    const abstractSocket = `\0spillway-escape-${process.pid}`
    const tcp = await listen(createServer(), 0)
    const places = [socket, abstractSocket]
    servers = [tcp, ...(await Promise.all(places.map((place) => listen(createServer(), place))))]
    const other = `console.log(process.env.SPILLWAY_METADATA_URL, 'is mine'); setInterval(() => {}, 1000)`
    await bench.engine.admit(
      admissionOf(bench, {
        attemptId: 'att_other',
        // Were it in a sandbox too, its metadata would not even be on this machine's loopback.
        tenant: 'owner',
        placements: [{ node: 'local', slots: [1] }],
        command: script(other),
        environment: { SECRET },
      }),
    )
    await untilLogged(bench.engine, 'is mine', 'att_other')
    const status = await readJson<AttemptStatus>(attemptPaths(bench.directory, 'att_other').status)
    if (status?.phase !== 'running') throw new Error('the other lease does not run')
    const [metadataUrl = ''] = (await readLog(bench.engine, 'att_other')).split(' ')
    const { port } = tcp.address() as AddressInfo
    prey = {
      ...{ bench, credentials, metadataUrl, port, socket, abstractSocket },
      ...{ otherPid: status.leader?.pid ?? 0, shimPid: status.shim.pid },
    }
  })

  afterAll(async () => {
    for (const server of servers) server.close()
    await bench.dispose()
  })

  async function attempt(escape: Escape, tenant: 'owner' | 'customer'): Promise<string> {
    attemptsTotal += 1
    const attemptId = `att_${attemptsTotal}`
    await bench.engine.admit(admissionOf(bench, { attemptId, tenant, command: escape(prey) }))
    await untilGone(bench.engine, attemptId)
    return readLog(bench.engine, attemptId)
  }

  const isRoot = process.getuid?.() === 0
  const escapes = { ...ESCAPES, ...(isRoot ? ESCAPES_OF_ROOT : {}) }
  test.for(Object.entries(escapes))('%s: not in its sandbox', async ([, escape]) => {
    expect(await attempt(escape, 'customer')).toBe('tried\n')
  })
  test.for(Object.entries(escapes))('%s: without a sandbox it would', async ([, escape]) => {
    expect(await attempt(escape, 'owner')).toBe('tried\nescaped\n')
  })
})
