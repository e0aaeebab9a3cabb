/**
 * vLLM and SGLang servers as leases, from the fleet file to the bill. There is no GPU here: what runs in the leases is a
 * simulator with the engines' words and surface, started as they would be, over real HTTP.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@spillway/contract'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const EXAMPLE = readFileSync(new URL('../../../examples/laptop.yaml', import.meta.url), 'utf8')
const SIMULATOR = new URL('gateway/engine-simulator.ts', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'spillway-engines-'))
const gate = join(folder, 'loaded')
const PATIENT = { timeoutMs: 60_000 }
const MODELS = ['served-by-vllm', 'served-by-sglang'] as const

let installation: TestInstallation
let buyer: Client
let operator: Client
let openai: OpenAI

const modelOf = (engine: string, gpus: number) => `
  - name: served-by-${engine}
    pool: local
    weights: org/model-${engine}
    contextTokens: 4096
    server:
      engine: ${engine}
      gpus: ${gpus}
      command: [${process.execPath}, ${SIMULATOR}, ${engine}]
      arguments: [--load-when, ${gate}]
      requestsAtOnce: 8
    priceUsdPerMillionTokens: { input: 1, output: 2, cachedInput: 0.1 }
`

beforeAll(async () => {
  const fleet = join(folder, 'fleet.yaml')
  const text = EXAMPLE.slice(0, EXAMPLE.indexOf('\nmodels:')).replace('slots: auto', 'slots: 4')
  writeFileSync(fleet, `${text}\nmodels:${modelOf('vllm', 2)}${modelOf('sglang', 1)}`)
  const { url: databaseUrl } = await cloneDatabase()
  installation = await startInstallation({ databaseUrl, environment: { SPILLWAY_FLEET: fleet } })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: demoApiKey, maxRetries: 0 })
}, 120_000)

afterAll(async () => {
  await installation.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function deploymentOf(model: string) {
  const found = (await operator.listDeployments()).items.find((each) => each.model === model)
  if (!found) throw new Error(`there is no deployment of ${model}`)
  return found
}

const messages = [{ role: 'user' as const, content: 'What is a lease?' }]
const usedOf = async (sku: string) =>
  Number((await buyer.getUsage()).rows.find((row) => row.sku === sku)?.quantity ?? 0)

describe('a replica that is a vLLM or an SGLang server', () => {
  test.each([
    ['served-by-vllm', 2, '--tensor-parallel-size 2 --max-model-len 4096 --max-num-seqs 8'],
    ['served-by-sglang', 1, '--tp 1 --context-length 4096 --max-running-requests 8'],
  ] as const)(
    '%s is a lease on its GPUs, and no server while it loads',
    async (model, gpus, said) => {
      const leaseId = await untilTrue(async () => {
        const [replica] = (await deploymentOf(model)).replicas
        return replica?.text === 'Loads its weights.' ? replica.leaseId : null
      }, PATIENT)
      const lease = await operator.getLease({ params: { id: leaseId } })
      expect(lease).toMatchObject({ state: 'running', kind: 'serving', mode: 'service', gpus })
      // It would end at once on any signal, with what is under way.
      expect(lease.noticeSignal).toBe('none')
      expect(lease.command.join(' ')).toContain(`--served-model-name ${model}`)
      expect(lease.command.join(' ')).toContain(said)
      expect((await buyer.getModel({ params: { id: model } })).state).toBe('starting')
      const engine = model === 'served-by-vllm' ? 'vllm' : 'sglang'
      expect((await deploymentOf(model)).server).toEqual({ engine, gpus, requestsAtOnce: 8 })
    },
  )

  test('answers once it lists its model, and what came from its cache has its own price', async () => {
    writeFileSync(gate, '')
    for (const model of MODELS) {
      await untilTrue(
        async () => (await buyer.getModel({ params: { id: model } })).state === 'ready',
        PATIENT,
      )
      const ask = () => openai.chat.completions.create({ model, messages, max_tokens: 3 })
      const first = await untilTrue(() => ask().catch(() => null))
      expect(first.model).toBe(model)
      expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0)
      const again = await ask()
      expect(again.usage).toMatchObject({
        ...{ prompt_tokens: 20, completion_tokens: 3 },
        prompt_tokens_details: { cached_tokens: 16 },
      })
      await untilTrue(async () => (await usedOf(`tokens.${model}.cached_input`)) === 16)
      expect(await usedOf(`tokens.${model}.input`)).toBe(24)
      expect(await usedOf(`tokens.${model}.output`)).toBe(6)
    }
  })

  test('of several GPUs does not scale by bids, which are for one', async () => {
    const { id } = await deploymentOf('served-by-vllm')
    const scaled = operator.scaleDeployment({ params: { id }, body: { policy: 'autoscale' } })
    await expect(scaled).rejects.toMatchObject({ problem: { code: 'deployment.bounds_wrong' } })
  })

  test('that is not wanted any more answers what is under way before its lease ends', async () => {
    const [model] = MODELS
    const { id, replicas } = await deploymentOf(model)
    const stream = await openai.chat.completions.create({
      ...{ model, messages, max_tokens: 60, stream: true },
      stream_options: { include_usage: true },
    })
    let [pieces, usage] = [0, 0]
    for await (const chunk of stream) {
      if (pieces === 0)
        await operator.scaleDeployment({ params: { id }, body: { replicasMin: 0, replicasMax: 0 } })
      if (chunk.choices[0]?.delta.content) pieces += 1
      usage = chunk.usage?.completion_tokens ?? usage
    }
    expect([pieces, usage]).toEqual([60, 60])
    const leaseId = replicas[0]?.leaseId ?? ''
    await untilTrue(
      async () => (await operator.getLease({ params: { id: leaseId } })).state === 'ended',
      PATIENT,
    )
    expect((await deploymentOf(model)).replicas).toEqual([])
  })
})
