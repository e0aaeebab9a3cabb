import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readFleetFile } from './fleet-file.ts'
import { scalingOf } from './model-scaling.ts'
import { serverOf } from './model-server.ts'

const laptop = readFileSync(new URL('../../../../../examples/laptop.yaml', import.meta.url), 'utf8')

function faultsOf(text: string) {
  const outcome = readFleetFile(text)
  return outcome.kind === 'refused' ? outcome.faults : []
}

function lineOf(text: string, needle: string): number {
  return text.split('\n').findIndex((line) => line.includes(needle)) + 1
}

test('the example is read, with durations in milliseconds and amounts as text', () => {
  const outcome = readFleetFile(laptop)
  expect(outcome.kind).toBe('read')
  if (outcome.kind !== 'read') return
  const pool = outcome.fleet.sites[0]?.pools[0]
  expect(pool?.reclaim?.spot?.notice).toBe(10_000)
  expect(pool?.priceUsdPerGpuHour.spot).toBe('0.9')
})

test('a pool that says nothing of isolation keeps customers apart; the example opens it by name', () => {
  const isolationOf = (text: string) => {
    const outcome = readFleetFile(text)
    const pool = outcome.kind === 'read' ? outcome.fleet.sites[0]?.pools[0] : undefined
    return pool?.engine === 'local' ? pool.isolation : null
  }
  expect(isolationOf(laptop)).toBe('none')
  expect(isolationOf(laptop.replace('isolation: none', ''))).toBe('auto')
})

test.each([
  {
    mistake: 'a typo',
    from: 'accelerator: auto',
    to: 'acelerator: auto',
    wantLine: 'acelerator',
    wantMessage: 'did you mean `accelerator`?',
  },
  {
    mistake: 'a negative price',
    from: 'spot: 0.90',
    to: 'spot: -0.90',
    wantLine: 'spot: -0.90',
    wantMessage: 'not negative',
  },
  {
    mistake: 'a wrong duration',
    from: 'notice: 10s',
    to: 'notice: 10 seconds',
    wantLine: 'notice: 10 seconds',
    wantMessage: 'such as 30s',
  },
  {
    mistake: 'an unknown pool',
    from: '    pool: local',
    to: '    pool: lokal',
    wantLine: 'pool: lokal',
    wantMessage: 'pools here: local',
  },
  {
    mistake: 'a network that there is not',
    from: 'isolation: none',
    to: 'network: internet',
    wantLine: 'network: internet',
    wantMessage: 'write metadata, outbound or host',
  },
  {
    mistake: 'rules for a network that has none',
    from: 'isolation: none',
    to: 'outbound: { deny: [203.0.113.0/24] }',
    wantLine: 'outbound:',
    wantMessage: 'write `network: outbound`',
  },
  {
    mistake: 'a rule that would open the machine itself',
    from: 'isolation: none',
    to: 'network: outbound\n        outbound: { allow: [127.0.0.1] }',
    wantLine: 'outbound: {',
    wantMessage: 'which no lease may reach',
  },
  {
    mistake: 'a range that is none',
    from: 'isolation: none',
    to: 'network: outbound\n        outbound: { deny: [10.0.0.0/40] }',
    wantLine: 'outbound: {',
    wantMessage: 'an IPv4 range such as 10.20.0.0/16',
  },
  {
    mistake: 'a name server by name',
    from: 'isolation: none',
    to: 'network: outbound\n        outbound: { nameservers: [dns.example] }',
    wantLine: 'outbound: {',
    wantMessage: 'the IPv4 address of a name server',
  },
  {
    mistake: 'a misspelt rule',
    from: 'isolation: none',
    to: 'network: outbound\n        outbound: { alow: [] }',
    wantLine: 'outbound: {',
    wantMessage: 'did you mean `allow`?',
  },
  {
    mistake: 'images where nothing keeps them apart',
    from: 'isolation: none',
    to: 'isolation: none\n        images: { registries: [docker.io] }',
    wantLine: 'images:',
    wantMessage: 'need a sandbox',
  },
  {
    mistake: 'a registry by address',
    from: 'isolation: none',
    to: "isolation: auto\n        images: { registries: ['https://ghcr.io/v2'] }",
    wantLine: 'images:',
    wantMessage: 'write the host of a registry',
  },
  {
    mistake: 'a way of isolation that there is not',
    from: 'isolation: none',
    to: 'isolation: off',
    wantLine: 'isolation: off',
    wantMessage: 'write auto, bubblewrap or none',
  },
  {
    mistake: 'memory that no command starts with',
    from: 'isolation: none',
    to: 'memoryPerSlot: 8MiB',
    wantLine: 'memoryPerSlot: 8MiB',
    wantMessage: 'write at least 64MiB',
  },
  {
    mistake: 'a size of memory without its unit',
    from: 'isolation: none',
    to: 'memoryPerSlot: 8',
    wantLine: 'memoryPerSlot: 8',
    wantMessage: 'write a size such as 8GiB',
  },
  {
    mistake: 'an engine that there is not',
    from: 'engine: local',
    to: 'engine: slrum',
    wantLine: 'engine: slrum',
    wantMessage: 'write one of the engines there are: local',
  },
])('$mistake is refused with its line and the fix', ({ from, to, wantLine, wantMessage }) => {
  const text = laptop.replace(from, to)
  expect(faultsOf(text)).toEqual([
    { line: lineOf(text, wantLine), message: expect.stringContaining(wantMessage) as string },
  ])
})

test('memory for each slot is read in mebibytes and gibibytes, and is left to the engine without', () => {
  const memoryOf = (text: string) => {
    const read = readFleetFile(text)
    const pool = read.kind === 'read' ? read.fleet.sites[0]?.pools[0] : undefined
    return pool?.engine === 'local' ? pool.memoryPerSlot : null
  }
  const with_ = (size: string) =>
    memoryOf(laptop.replace('isolation: none', `memoryPerSlot: ${size}`))
  expect([with_('512MiB'), with_('8GiB')]).toEqual([512 * 2 ** 20, 8 * 2 ** 30])
  expect(memoryOf(laptop)).toBeUndefined()
})

test('two pools of one name are refused at the second', () => {
  const pool = laptop.slice(laptop.indexOf('      - name: local'), laptop.indexOf('\nmodels:'))
  const text = laptop.replace('\nmodels:', `${pool}\nmodels:`)
  const wantLine = text.split('\n').findLastIndex((line) => line.includes('- name: local')) + 1
  expect(faultsOf(text)).toEqual([
    { line: wantLine, message: expect.stringContaining('a second pool named `local`') as string },
  ])
})

test('a second pool is refused: it would sell the slots of the first once more', () => {
  const pool = laptop.slice(laptop.indexOf('      - name: local'), laptop.indexOf('\nmodels:'))
  const text = laptop.replace(
    '\nmodels:',
    `${pool.replace('- name: local', '- name: other')}\nmodels:`,
  )
  expect(faultsOf(text)).toEqual([
    {
      line: lineOf(text, '- name: other'),
      message: expect.stringContaining('a second time') as string,
    },
  ])
})

test('what is no fleet file at all says what one is', () => {
  expect(faultsOf('just a sentence\n')[0]?.message).toContain('compare examples/laptop.yaml')
})

test('a value of another type says what to write', () => {
  const text = laptop.replace('lifeYears: 4', 'lifeYears: four')
  expect(faultsOf(text)).toEqual([
    { line: lineOf(text, 'lifeYears'), message: expect.stringContaining('plain number') as string },
  ])
})

test('a missing field names itself', () => {
  const text = laptop.replace('    powerUsdPerKwh: 0.15\n', '')
  expect(faultsOf(text)[0]?.message).toMatch(/powerUsdPerKwh: .*amount|missing/)
})

test('broken YAML is refused with the line', () => {
  expect(faultsOf('installation: "open\nsites: []')[0]?.line).toBeGreaterThan(0)
})

test('an empty file is refused, not crashed on', () => {
  expect(faultsOf('').length).toBeGreaterThan(0)
})

const simulatedFleet = readFileSync(
  new URL('../../../../../examples/simulated.yaml', import.meta.url),
  'utf8',
)

test('the simulated example is read, with what it leaves out filled in', () => {
  const outcome = readFleetFile(simulatedFleet)
  if (outcome.kind !== 'read') throw new Error(outcome.faults[0]?.message)
  const pool = outcome.fleet.sites[0]?.pools[0]
  expect(pool).toMatchObject({ engine: 'simulated', simulated: { nodes: 16, seed: 7 } })
  const bare = simulatedFleet.replace(/ {10}anchor:[\s\S]*repairMinutes: 30\n/, '')
  const again = readFleetFile(bare)
  if (again.kind !== 'read') throw new Error(again.faults[0]?.message)
  expect(again.fleet.sites[0]?.pools[0]).toMatchObject({
    simulated: { preemption: { graceMs: 30_000 }, faults: { nodeDownsPerNodeYear: 0 } },
  })
})

test('a simulated pool is told its mistakes as any other, and serves no model', () => {
  const typo = simulatedFleet.replace('peakShare', 'peakshare')
  expect(faultsOf(typo)).toMatchObject([
    { line: lineOf(typo, 'peakshare'), message: expect.stringContaining('`peakShare`') },
  ])
  const model = `\nmodels:\n  - name: toy\n    pool: h200\n    priceUsdPerMillionTokens: { input: 1, output: 1 }\n`
  expect(faultsOf(simulatedFleet + model)[0]?.message).toContain('nothing runs there')
})

test('a model on a Slurm pool is refused with its line, and told where it can be', () => {
  const url = new URL('../../../../../examples/slurm.yaml', import.meta.url)
  const slurmFleet = readFileSync(url, 'utf8')
  const pool = /^ {6}- name: (\S+)\n {8}engine: slurm/m.exec(slurmFleet)?.[1] ?? ''
  const model = `models:\n  - name: toy\n    pool: ${pool}\n    priceUsdPerMillionTokens: { input: 1, output: 1 }\n`
  const text = `${slurmFleet}\n${model}`
  expect(faultsOf(slurmFleet)).toEqual([])
  expect(faultsOf(text)).toMatchObject([
    {
      line: lineOf(text, `    pool: ${pool}`),
      message: expect.stringContaining('put the model on a pool of the local engine'),
    },
  ])
})

test('customers’ webhooks stay on the internet unless the file says otherwise', () => {
  const allowedBy = (more: string) => {
    const outcome = readFleetFile(`${laptop}\n${more}`)
    return outcome.kind === 'read' && outcome.fleet.webhooks.allowPrivate
  }
  expect(allowedBy('')).toBe(false)
  expect(allowedBy('webhooks:\n  allowPrivate: true\n')).toBe(true)
  expect(faultsOf(`${laptop}\nwebhooks:\n  alowPrivate: true\n`)[0]?.message).toContain(
    'did you mean `allowPrivate`?',
  )
})

test('the transfer price is posted unless the file says otherwise, and a misspelt word is named', () => {
  const postsTransfer = (text: string) => {
    const outcome = readFleetFile(text)
    return outcome.kind === 'read' ? outcome.fleet.books.postTransfer : null
  }
  expect(postsTransfer(laptop)).toBe(true)
  expect(postsTransfer(`${laptop}\nbooks:\n  postTransfer: false\n`)).toBe(false)
  const [fault] = faultsOf(`${laptop}\nbooks:\n  postTransfers: false\n`)
  expect(fault?.message).toContain('postTransfer')
})

test('a model scales within its bounds, or has a fixed number of replicas', () => {
  const scalingIn = (replicas: string) => {
    const outcome = readFleetFile(laptop.replace(/ {4}replicas: 1.*/, `    ${replicas}`))
    return outcome.kind === 'read' ? outcome.fleet.models.map(scalingOf)[0] : outcome.faults
  }
  expect(scalingIn('replicas: 2')).toMatchObject({
    ...{ policy: 'fixed', replicasMin: 2, replicasMax: 2 },
  })
  expect(scalingIn('autoscale: { max: 3, idle: 1m, bandPercent: 5 }')).toEqual({
    ...{ policy: 'autoscale', replicasMin: 0, replicasMax: 3 },
    ...{ idleMs: 60_000, steadyMs: 120_000, bandPpm: 50_000 },
  })
  expect(scalingIn('autoscale: { min: 4, max: 3 }')).toMatchObject([
    { message: 'the minimum of 4 is above the maximum of 3' },
  ])
  expect(scalingIn('autoscale: { stedy: 3m }')).toMatchObject([
    { message: expect.stringContaining('did you mean `steady`?') },
  ])
})

test('a model may be served by vLLM or SGLang, which load their weights themselves', () => {
  const serverIn = (more: string) => {
    const outcome = readFleetFile(laptop.replace(/ {4}replicas: 1.*/, `    ${more}`))
    return outcome.kind === 'read' ? outcome.fleet.models.map(serverOf)[0] : outcome.faults
  }
  expect(serverIn('replicas: 1')).toBeNull()
  const weights = 'weights: org/model\n    '
  expect(serverIn(`${weights}server: { engine: vllm, gpus: 4, readyWithin: 10m }`)).toEqual({
    ...{ engine: 'vllm', gpus: 4, command: null, arguments: [] },
    ...{ requestsAtOnce: 256, readyWithinMs: 600_000 },
  })
  for (const [text, message] of [
    ['server: { engine: vllm }', 'name the model that it loads'],
    [`${weights}server: { engine: ollama }`, 'write vllm or sglang'],
    [`${weights}server: { engine: sglang, gpu: 2 }`, 'did you mean `gpus`?'],
    [`${weights}autoscale: { max: 2 }\n    server: { engine: vllm, gpus: 2 }`, 'for one GPU'],
    [`${weights}sha256: ${'a'.repeat(64)}\n    server: { engine: vllm }`, 'loads its weights'],
  ] as const)
    expect(serverIn(text)).toMatchObject([{ message: expect.stringContaining(message) as string }])
})
