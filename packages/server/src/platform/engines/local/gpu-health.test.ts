/** What nvidia-smi prints of GPUs that are not well, and which slots are then not sold. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFaults, parseGpuHealth } from './gpu-health.ts'
import { createInventory } from './inventory.ts'
import type { Xid } from './xid-log.ts'

const HEALTH_HEAD =
  'index, uuid, retired_pages.pending, clocks_throttle_reasons.hw_thermal_slowdown, clocks_throttle_reasons.hw_power_brake_slowdown'
const WELL = 'No, Not Active, Not Active'
const HEAD = 'index, uuid, name, memory.total [MiB], ecc.errors.uncorrected.volatile.total'
const row = (index: number, ecc = '0', id = index) =>
  `${index}, GPU-5a8f11c2-0f6d-4c1a-9a4e-3b1c0000000${id}, NVIDIA H200, 143771 MiB, ${ecc}`

function gpu(index: number, eccErrors: number | null = 0) {
  return {
    index,
    uuid: `GPU-${index}`,
    name: 'NVIDIA H200',
    memoryMiB: 143771,
    eccErrors,
    busId: `00000000:3${index}:00.0`,
  }
}

const bootId = 'boot'
const xids = new Map<string, Xid>()

test('a GPU that the driver gave up on is not sold, and one that is lost too says why', () => {
  const known = [gpu(0), gpu(1), gpu(2)]
  const log = new Map([
    ['0000:30:00', { text: 'Xid 95: an uncontained error of its memory', seconds: 7.5 }],
    ['0000:32:00', { text: 'Xid 79: it has fallen off the bus', seconds: 9.25 }],
  ])
  const now = [gpu(0), gpu(1)]
  expect(findFaults({ known, now, health: [], xids: log, bootId })).toEqual([
    {
      slot: 2,
      reason: 'nvidia-smi does not list it any more: Xid 79: it has fallen off the bus',
      isLost: true,
    },
    {
      slot: 0,
      reason: 'Xid 95: an uncontained error of its memory; the driver has to be loaded anew',
      ...{ reading: 'kernel_log', seenAt: { bootId, seconds: 7.5 } },
    },
    {
      slot: 2,
      reason: 'Xid 79: it has fallen off the bus; the driver has to be loaded anew',
      ...{ reading: 'kernel_log', seenAt: { bootId, seconds: 9.25 } },
    },
  ])
})

test('pages to be retired, heat and power brakes are read; figures that a card does not have are none', () => {
  const stdout = [
    HEALTH_HEAD,
    `0, GPU-0, ${WELL}`,
    '1, GPU-1, Yes, Not Active, Not Active',
    '2, GPU-2, [N/A], Active, Not Active',
    '3, GPU-3, No, Not Active, Active',
  ].join('\n')
  const health = parseGpuHealth({ stdout, exitCode: 0 })
  const known = [gpu(0), gpu(1), gpu(2), gpu(3)]
  expect(findFaults({ known, now: known, health, xids, bootId })).toEqual([
    { slot: 1, reason: 'pages of its memory wait to be retired: reset it' },
    { slot: 2, reason: 'it is too hot: the hardware slows it down' },
    { slot: 3, reason: 'its power supply slows it down' },
  ])
})

test('a driver that does not know a field says so, and that is no fault', () => {
  const stdout = 'Field "retired_pages.pending" is not a valid field to query.\n'
  expect(parseGpuHealth({ stdout, exitCode: 2 })).toEqual([])
})

test('uncorrected memory errors are a fault; a card that counts none has none', () => {
  const known = [gpu(0, 3), gpu(1, null)]
  expect(findFaults({ known, now: known, health: [], xids, bootId })).toEqual([
    { slot: 0, reason: '3 uncorrected memory errors since the driver was loaded' },
  ])
})

test('a GPU that is not listed any more is lost, and those behind it cannot be addressed', () => {
  const known = [gpu(0), gpu(1), gpu(2)]
  expect(
    findFaults({
      ...{ known, health: [], xids, bootId },
      now: [gpu(0), { ...gpu(1), uuid: 'GPU-2' }],
    }),
  ).toEqual([
    { slot: 1, reason: 'nvidia-smi does not list it any more: it is off the bus', isLost: true },
    { slot: 2, reason: 'it cannot be addressed while GPU 1 is missing' },
  ])
})

describe('the inventory, taken again', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-smi-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** A program that prints what stands in two files: the listing and the health. */
  async function driver() {
    const nvidiaSmi = join(folder, 'nvidia-smi')
    const tell = (text: string) => writeFile(join(folder, 'listing'), text)
    const body = `case "$*" in *name*) cat ${folder}/listing; test -s ${folder}/listing;; *) echo no; exit 2;; esac`
    await writeFile(nvidiaSmi, `#!/bin/sh\n${body}\n`)
    await chmod(nvidiaSmi, 0o755)
    const memory = join(folder, 'memory', 'gpus.json')
    const place = {
      node: 'here',
      path: `${folder}:/bin:/usr/bin`,
      nvidiaSmi,
      allowedCpus: [0],
      memory,
      bootId,
    }
    return { tell, take: createInventory(place), startAgain: () => createInventory(place), place }
  }

  test('says of a lost GPU that it is lost, and never that there were fewer', async () => {
    const { tell, take } = await driver()
    await tell([HEAD, row(0), row(1)].join('\n'))
    expect(await take()).toMatchObject({ slotCountMax: 2, faults: [], health: { state: 'up' } })
    await tell(
      [HEAD, row(0), '1, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]'].join('\n'),
    )
    expect(await take()).toMatchObject({ slotCountMax: 2, faults: [{ slot: 1, isLost: true }] })
    await tell('')
    expect(await take()).toMatchObject({
      ...{ acceleratorKind: 'gpu', slotCountMax: 2 },
      health: { state: 'down', reason: expect.stringContaining('nvidia-smi') as string },
    })
    await tell([HEAD, row(0), row(1)].join('\n'))
    expect(await take()).toMatchObject({ slotCountMax: 2, faults: [], health: { state: 'up' } })
  })

  test('misses after a start what was lost before it, and takes an exchanged card for what is there', async () => {
    const { tell, take, startAgain } = await driver()
    await tell([HEAD, row(0), row(1)].join('\n'))
    await take()
    await tell([HEAD, row(0)].join('\n'))
    const lost = { slotCountMax: 2, faults: [{ slot: 1, isLost: true }] }
    expect(await startAgain()()).toMatchObject(lost)
    expect(await startAgain()()).toMatchObject(lost)
    await tell('')
    expect(await startAgain()()).toMatchObject({
      ...{ acceleratorKind: 'gpu', slotCountMax: 2 },
      health: { state: 'down', reason: expect.stringContaining('were taken out') as string },
    })
    await tell([HEAD, row(0), row(1, '0', 7)].join('\n'))
    expect(await startAgain()()).toMatchObject({ slotCountMax: 2, faults: [] })
  })

  test('reads the kernel’s log, and goes on without it where it may not', async () => {
    const { tell, take, place } = await driver()
    const head = HEAD + ', pci.bus_id'
    await tell([head, `${row(0)}, 00000000:3B:00.0`, `${row(1)}, 00000000:AF:00.0`].join('\n'))
    const dmesg = join(folder, 'dmesg')
    const kernel = async (body: string) => {
      await writeFile(dmesg, `#!/bin/sh\n${body}\n`)
      await chmod(dmesg, 0o755)
    }
    await kernel(`echo 'dmesg: read kernel buffer failed: Operation not permitted' >&2; exit 1`)
    expect(await take()).toMatchObject({ slotCountMax: 2, faults: [] })
    await kernel(`echo '[ 9.9] NVRM: Xid (PCI:0000:af:00): 119, pid=1, name=a, Timeout'`)
    const seenAt = { bootId, seconds: 9.9 }
    const reason = expect.stringContaining('Xid 119') as string
    const faults = [{ slot: 1, reason, reading: 'kernel_log', seenAt }]
    const registeredAt = { bootId, seconds: 0 }
    expect(await createInventory(place)()).toMatchObject({ slotCountMax: 2, faults, registeredAt })
  })

  test('takes what DCGM says where it is there, and says what it could not read', async () => {
    const { tell, take } = await driver()
    await tell([HEAD, row(0), row(1)].join('\n'))
    expect(await take()).toMatchObject({ faults: [], readings: [] })
    const dcgmi = join(folder, 'dcgmi')
    // Its numbers are its own: GPU 4 is the card of slot 1.
    const card = `| 4      | Name: NVIDIA H200 |\n|        | Device UUID: GPU-5a8f11c2-0f6d-4c1a-9a4e-3b1c00000001 |`
    const health = async (text: string, code = 0) => {
      const say = (words: string) => `cat <<'END'\n${words}\nEND`
      const body = `case "$1" in discovery) ${say(card)}\n;; *) ${say(text)}\nexit ${code};; esac`
      await writeFile(dcgmi, `#!/bin/sh\n${body}\n`)
      await chmod(dcgmi, 0o755)
    }
    const sick = (id: number) =>
      JSON.stringify({
        body: {
          'Overall Health': { value: 'Failure' },
          GPU: { children: { [id]: { value: 'Failure' } } },
        },
      })
    await health(sick(4))
    expect(await take()).toMatchObject({
      faults: [{ slot: 1, reason: 'DCGM: it says Failure', reading: 'dcgm' }],
      readings: [{ reading: 'dcgm', unread: null }],
    })
    for (const [text, code, why] of [
      [sick(0), 0, /GPU 0, which is no slot here/],
      ['Error: unable to establish a connection', 241, /code 241.*unable to establish/],
      [sick(4), 3, /code 3.*not believed/],
      ['{"body": 1}', 0, /another form/],
    ] as const) {
      await health(text, code)
      expect(await take()).toMatchObject({
        faults: [],
        readings: [{ reading: 'dcgm', unread: expect.stringMatching(why) as string }],
      })
    }
  })
})
