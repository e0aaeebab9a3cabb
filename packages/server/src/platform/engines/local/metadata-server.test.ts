import { once } from 'node:events'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
/** The metadata of an attempt, as a command reads it. */
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { attemptPaths } from './attempt-folder.ts'
import type { AdmissionRecord, AttemptPaths } from './attempt-folder.ts'
import { answerMetadata, serveMetadata } from './metadata-server.ts'
import type { MetadataServer } from './metadata-server.ts'
import { instanceAction } from './notify.ts'

const RECORD: AdmissionRecord = {
  admission: {
    attemptId: 'att_1',
    leaseId: 'lse_1',
    organizationId: 'org_1',
    tenant: 'owner',
    kind: 'spot',
    placements: [{ node: 'here', slots: [0, 1] }],
    acceleratorKind: 'cpu',
    command: ['true'],
    environment: {},
    workingDirectory: null,
    timeLimitMs: null,
  },
  environment: {},
  workingDirectory: '/',
  pin: [],
  mark: 'm',
  sandbox: { kind: 'none' },
  token: 'secret',
  servicePort: null,
}

test('the notice has the shape of AWS: action, and an instant without a fraction', () => {
  const notice = { action: 'terminate', time: '2026-11-20T20:00:00.750Z', signal: null } as const
  expect(JSON.stringify(instanceAction(notice))).toBe(
    '{"action":"terminate","time":"2026-11-20T20:00:00Z"}',
  )
})

describe('an answer', () => {
  const answer = (line: string, action: string | null = null) =>
    answerMetadata(`${line}\r\nHost: x\r\n\r\n`, {
      record: RECORD,
      instanceAction: action,
      rebalance: null,
    })

  test('without the token in the path nothing is there', () => {
    for (const path of ['/', '/lease', '/wrong/lease', '/secret', '/secret/', '/secret/lease/more'])
      expect(answer(`GET ${path} HTTP/1.1`)).toMatch(/^HTTP\/1.1 404 /)
  })

  test('only GET is answered', () => {
    expect(answer('POST /secret/lease HTTP/1.1')).toMatch(/^HTTP\/1.1 405 /)
    expect(answer('nonsense')).toMatch(/^HTTP\/1.1 404 /)
  })
})

describe('the server', () => {
  let directory: string
  let paths: AttemptPaths
  let server: MetadataServer
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spillway-metadata-'))
    paths = attemptPaths(directory, 'att_1')
    await mkdir(dirname(paths.instanceAction), { recursive: true })
    server = await serveMetadata(RECORD, paths)
  })
  afterEach(async () => {
    server.close()
    await rm(directory, { recursive: true })
  })

  test('tells the lease, and the notice from the moment it is written', async () => {
    const lease = await fetch(`${server.url}/lease`)
    expect(await lease.json()).toEqual({
      lease: 'lse_1',
      attempt: 'att_1',
      node: 'here',
      slots: [0, 1],
    })
    expect((await fetch(`${server.url}/spot/instance-action`)).status).toBe(404)
    await writeFile(paths.instanceAction, '{"action":"stop","time":"2026-11-20T20:00:00Z"}\n')
    const notice = await fetch(`${server.url}/spot/instance-action`)
    expect(notice.headers.get('content-type')).toBe('application/json')
    expect(await notice.text()).toBe('{"action":"stop","time":"2026-11-20T20:00:00Z"}')
  })

  test('a request without end is cut off, and the next one is answered', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET /'.padEnd(20_000, 'x'))
    await once(socket, 'close')
    expect((await fetch(`${server.url}/lease`)).status).toBe(200)
  })
})
