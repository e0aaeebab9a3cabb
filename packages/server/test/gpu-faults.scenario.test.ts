/**
 * Faults of GPUs through the real server, over kills and restarts. The driver, the kernel's log and DCGM are programs that
 * print what the real ones print, because no machine of ours has a broken GPU.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type NodeDetail } from '@spillway/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const EXAMPLE = join(import.meta.dirname, '../../../examples/laptop.yaml')
const LOADED = '[   12.100000] NVRM: loading NVIDIA UNIX Open Kernel Module  570.86.15'
const XID = `[  269.516977] NVRM: Xid (PCI:0000:30:00): 79, pid='<unknown>', GPU has fallen off the bus.`
const HEAD =
  'index, uuid, name, memory.total [MiB], ecc.errors.uncorrected.volatile.total, pci.bus_id'
const HEALTHY = '{ "body": { "Overall Health": { "value": "Healthy" } } }'

let folder: string
let databaseUrl: string
let installation: TestInstallation
let operator: Client

/** What the programs print, by file. */
function print(name: 'dmesg' | 'health' | 'diag', text: string): void {
  writeFileSync(join(folder, name), `${text}\n`)
}

function writeProgram(name: string, body: string): void {
  const path = join(folder, 'bin', name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
}

function diag(status: string): string {
  const results = [0, 1].map((id) => ({
    ...{ entity_group: 'GPU', entity_group_id: 1, entity_id: id },
    status: id === 1 ? status : 'Pass',
  }))
  const tests = [{ name: 'pcie', results, test_summary: { status } }]
  const categories = [{ category: 'Integration', tests }]
  return JSON.stringify({ 'DCGM Diagnostic': { test_categories: categories } })
}

async function start(dataDir?: string): Promise<void> {
  installation = await startInstallation({
    databaseUrl,
    environment: {
      SPILLWAY_FLEET: join(folder, 'fleet.yaml'),
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    },
    ...(dataDir === undefined ? {} : { dataDir }),
  })
  operator = createClient({ url: installation.url, credential: installation.operatorToken })
}

async function node(): Promise<NodeDetail> {
  const [line] = (await operator.listNodes({ query: { limit: 10 } })).items
  return operator.getNode({ params: { id: line?.id ?? '' } })
}

async function compareNow(): Promise<void> {
  const { askedAt } = await operator.runReconciliation({
    body: {},
    idempotencyKey: crypto.randomUUID(),
  })
  await untilTrue(async () => {
    const [pool] = (await operator.getReconciliation()).pools
    return pool !== undefined && pool.startedAt >= askedAt && pool.outcome === 'compared'
  })
}

const readingsOf = ({ faults }: NodeDetail) =>
  faults.map(({ slot, reading, reason }) => ({ slot, reading, reason }))

async function resume(): Promise<NodeDetail> {
  const { id } = await node()
  return operator.resumeNode({
    params: { id },
    body: { reason: 'it was reset and tested' },
    idempotencyKey: crypto.randomUUID(),
  })
}

beforeAll(async () => {
  databaseUrl = (await cloneDatabase()).url
  folder = mkdtempSync(join(tmpdir(), 'spillway-gpus-'))
  mkdirSync(join(folder, 'bin'))
  const rows = [0, 1].map(
    (index) => `${index}, GPU-0000000${index}, NVIDIA H200, 143771 MiB, 0, 00000000:3${index}:00.0`,
  )
  writeFileSync(join(folder, 'listing'), [HEAD, ...rows, ''].join('\n'))
  writeProgram('nvidia-smi', `case "$*" in *name*) cat ${folder}/listing;; *) exit 2;; esac`)
  writeProgram('dmesg', `cat ${folder}/dmesg`)
  const cards = [0, 1].map((id) => `| ${id} | Device UUID: GPU-0000000${id} |`).join('\n')
  writeFileSync(join(folder, 'cards'), `${cards}\n`)
  writeProgram(
    'dcgmi',
    `case "$1" in discovery) cat ${folder}/cards;; health) cat ${folder}/health;; diag) cat ${folder}/diag;; esac`,
  )
  print('dmesg', LOADED)
  print('health', HEALTHY)
  print('diag', diag('Pass'))
  const fleet = readFileSync(EXAMPLE, 'utf8').replace(/^models:[^]*?(?=^demo:)/m, '')
  writeFileSync(join(folder, 'fleet.yaml'), fleet)
  await start()
})

afterAll(async () => {
  await installation.stop()
  rmSync(folder, { recursive: true })
})

test('a GPU that the kernel gave up on stays unsold after a kill, a restart and a rotated log, until somebody resumes it', async () => {
  print('dmesg', `${LOADED}\n${XID}`)
  await compareNow()
  const xid = {
    slot: 0,
    reading: 'kernel_log',
    reason: 'Xid 79: it has fallen off the bus; the driver has to be loaded anew',
  }
  expect(readingsOf(await node())).toEqual([xid])
  // when
  await installation.kill()
  print('dmesg', '[  900.000000] usb 1-1: new device')
  await start(installation.dataDir)
  await compareNow()
  // then
  expect(await node()).toMatchObject({ slotsByKind: { faulty: 1 } })
  expect(readingsOf(await node())).toEqual([xid])
  const resumed = await resume()
  expect(resumed).toMatchObject({ faults: [], slotsByKind: { free: 2 } })
  expect(resumed.facts[0]?.text).toContain('Taken back: slot 0 (Xid 79')
  // The very line that was taken back is in the log again, as after a restart of the server it is read anew.
  print('dmesg', `${LOADED}\n${XID}`)
  await compareNow()
  expect((await node()).faults).toEqual([])
  print('dmesg', `${LOADED}\n${XID}\n${XID.replace('269.', '950.')}`)
  await compareNow()
  expect(readingsOf(await node())).toEqual([xid])
  print('dmesg', `${LOADED}\n${XID}\n${LOADED.replace('12.1', '999.1')}`)
  await compareNow()
  expect((await node()).faults).toEqual([])
})

test('what DCGM has against a GPU keeps its slot unsold, and an answer that cannot be read changes nothing but is shown', async () => {
  const system = { value: 'Failure', overflow: ['A DBE has occurred.'] }
  const sick = { value: 'Failure', children: { Errors: { children: { 'Memory system': system } } } }
  const body = { 'Overall Health': { value: 'Failure' }, GPU: { children: { 1: sick } } }
  print('health', JSON.stringify({ body }))
  await compareNow()
  const fault = { slot: 1, reading: 'dcgm', reason: 'DCGM: Memory system: A DBE has occurred.' }
  expect(readingsOf(await node())).toEqual([fault])
  print('health', 'Error: unable to establish a connection to the specified host')
  await compareNow()
  await compareNow()
  expect(readingsOf(await node())).toEqual([fault])
  const [shown] = (await operator.getReconciliation()).cases
  expect(shown).toMatchObject({ kind: 'reading_failed', needsOperator: true })
  expect(shown?.text).toContain('unable to establish a connection')
  print('health', HEALTHY)
  await compareNow()
  expect((await node()).faults).toEqual([])
  expect((await operator.getReconciliation()).cases).toEqual([])
})

test('a diagnostic of DCGM on a free node takes the GPU that failed out of sale, and only that one', async () => {
  const checking = `health: { check: [dcgmi, diag, -r, '1', -j], every: 1s, reads: dcgm }`
  const fleet = readFileSync(join(folder, 'fleet.yaml'), 'utf8')
  await installation.kill()
  print('diag', 'Error: no such test')
  writeFileSync(
    join(folder, 'fleet.yaml'),
    fleet.replace(/^( +)isolation: none/m, `$1isolation: none\n$1${checking}`),
  )
  await start(installation.dataDir)
  const told = (type: string) =>
    untilTrue(async () => (await node()).facts.find((fact) => fact.type === type) ?? null, {
      timeoutMs: 30_000,
      what: type,
    })
  expect((await told('node.check_inconclusive')).text).toContain('no JSON but “Error: no such test')
  expect(await node()).toMatchObject({ state: 'ready', faults: [] })
  print('diag', diag('Fail'))
  expect((await told('node.check_failed')).text).toContain('slot 1: DCGM: pcie says Fail')
  const broken = { state: 'ready', slotsByKind: { faulty: 1, free: 1 } }
  expect(await node()).toMatchObject(broken)
  expect(readingsOf(await node())).toMatchObject([{ slot: 1, reading: 'check' }])
  await compareNow()
  expect(await node()).toMatchObject(broken)
  print('diag', diag('Pass'))
  expect((await resume()).faults).toEqual([])
})
