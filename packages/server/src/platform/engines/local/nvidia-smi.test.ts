/** What nvidia-smi prints, as it prints it, and what the inventory makes of it. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { takeInventory } from './inventory.ts'
import { describeGpus, parseNvidiaSmi } from './nvidia-smi.ts'

const HEAD = 'index, uuid, name, memory.total [MiB], ecc.errors.uncorrected.volatile.total'
const H200 = (index: number) =>
  `${index}, GPU-5a8f11c2-0f6d-4c1a-9a4e-3b1c0000000${index}, NVIDIA H200, 143771 MiB, 0`
const LAPTOP =
  '0, GPU-1b6e3f0a-7c55-6d1e-8d43-52a3c1b9f001, NVIDIA GeForce RTX 4070 Laptop GPU, 8188 MiB, [N/A]'
const LOST =
  '1, GPU-5a8f11c2-0f6d-4c1a-9a4e-3b1c00000001, [Unknown Error], [Unknown Error], [Unknown Error]'
const DRIVER_FAILURE =
  "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n"

const parse = (stdout: string, exitCode: number | null = 0) => parseNvidiaSmi({ stdout, exitCode })

describe('the listing', () => {
  test('rows become GPUs, in the order of their index', () => {
    const listing = parse([HEAD, H200(1), H200(0), ''].join('\n'))
    expect(listing).toMatchObject({
      kind: 'gpus',
      gpus: [
        { index: 0, name: 'NVIDIA H200', memoryMiB: 143771, eccErrors: 0 },
        { index: 1, uuid: 'GPU-5a8f11c2-0f6d-4c1a-9a4e-3b1c00000001' },
      ],
    })
  })

  test('figures that a card does not have are null', () => {
    const listing = parse(`${HEAD}\r\n${LAPTOP}\r\n`)
    expect(listing).toMatchObject({ kind: 'gpus', gpus: [{ memoryMiB: 8188, eccErrors: null }] })
  })

  test('columns are found by their names, not by their places', () => {
    const listing = parse('index, name, uuid\n0, NVIDIA A10, GPU-1\n')
    expect(listing).toMatchObject({
      kind: 'gpus',
      gpus: [{ name: 'NVIDIA A10', uuid: 'GPU-1', memoryMiB: null }],
    })
  })

  test('a row that names no card is left out', () => {
    const listing = parse(
      [HEAD, H200(0), '1, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]'].join('\n'),
    )
    expect(listing).toMatchObject({ kind: 'gpus', gpus: [{ index: 0 }] })
  })

  test('a card that says who it is, and no more, is kept', () => {
    expect(parse([HEAD, LOST].join('\n'))).toMatchObject({ gpus: [{ index: 1, memoryMiB: null }] })
  })

  test('no devices, a failing driver, silence and a timeout are each said', () => {
    expect(parse('No devices were found\n', 6)).toEqual({
      kind: 'none',
      text: 'No devices were found',
    })
    expect(parse(DRIVER_FAILURE, 9)).toEqual({
      kind: 'none',
      text: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver",
    })
    expect(parse('', 12)).toEqual({ kind: 'none', text: 'it ended with code 12' })
    expect(parse('', null)).toEqual({ kind: 'none', text: 'it gave no answer in time' })
    expect(parse(`${HEAD}\n`)).toMatchObject({ kind: 'none' })
  })

  test('cards of one kind are counted together', () => {
    const listing = parse([HEAD, H200(0), H200(1), LAPTOP.replace('0', '2')].join('\n'))
    if (listing.kind !== 'gpus') throw new Error(listing.text)
    const want = '2 × NVIDIA H200, 143771 MiB; 1 × NVIDIA GeForce RTX 4070 Laptop GPU, 8188 MiB'
    expect(describeGpus(listing.gpus)).toBe(want)
  })
})

describe('the inventory', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-smi-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** A program that prints what nvidia-smi printed, if it is asked what the inventory asks. */
  async function inventoryOf(output: string, exitCode = 0) {
    const nvidiaSmi = join(folder, `nvidia-smi-${exitCode}-${output.length}`)
    const body = `case "$*" in --query-gpu=index,uuid,name*--format=csv) ;; *) exit 99;; esac`
    await writeFile(
      nvidiaSmi,
      `#!/bin/sh\n${body}\ncat <<'END'\n${output}\nEND\nexit ${exitCode}\n`,
    )
    await chmod(nvidiaSmi, 0o755)
    return takeInventory({
      node: 'here',
      path: '/bin:/usr/bin',
      nvidiaSmi,
      allowedCpus: [4, 5],
      memory: null,
      bootId: 'boot',
    })
  }

  test('GPUs are the slots when there are any', async () => {
    expect(await inventoryOf([HEAD, H200(0), H200(1)].join('\n'))).toMatchObject({
      node: 'here',
      acceleratorKind: 'gpu',
      slotCountMax: 2,
      hardware: '2 × NVIDIA H200, 143771 MiB',
      finding: 'nvidia-smi lists 2 GPUs',
    })
  })

  test('the slots end before the first card that does not answer, because a slot is an index', async () => {
    const inventory = await inventoryOf([HEAD, H200(0), H200(2), H200(3)].join('\n'))
    expect(inventory).toMatchObject({
      slotCountMax: 1,
      finding: 'nvidia-smi lists 1 GPU, and 2 more after GPU 1, which does not answer',
    })
  })

  test('CPU slots stand in, two for a CPU, and the finding says why', async () => {
    const place = { path: '/none', nvidiaSmi: 'nvidia-smi', node: 'here', memory: null }
    const none = { ...place, allowedCpus: [0, 1], bootId: 'boot' }
    expect(await takeInventory(none)).toMatchObject({
      acceleratorKind: 'cpu',
      slotCountMax: 4,
      finding: 'no nvidia-smi on PATH: 2 logical CPUs stand in as 4 CPU slots',
    })
    expect((await inventoryOf('No devices were found', 6)).finding).toBe(
      'nvidia-smi found no GPU (No devices were found): 2 logical CPUs stand in as 4 CPU slots',
    )
    expect((await inventoryOf(DRIVER_FAILURE.trim(), 9)).finding).toMatch(
      /communicate with the NVIDIA driver\): 2/,
    )
  })
})
