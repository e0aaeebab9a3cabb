/** Every dialect of the inference API on real replicas of llama.cpp, by the official client, charged to the token. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@spillway/contract'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const EXAMPLE = readFileSync(new URL('../../../examples/laptop.yaml', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'spillway-texts-'))
const fleet = join(folder, 'fleet.yaml')
const VECTORS = `
  - name: vectors
    pool: local
    embeddings: true
    contextTokens: 512
    priceUsdPerMillionTokens: { input: 0.05, output: 0 }
`

let installation: TestInstallation
let buyer: Client
let openai: OpenAI

beforeAll(async () => {
  const text = EXAMPLE.replace('slots: auto', 'slots: 3').replace('\ndemo:', `${VECTORS}\ndemo:`)
  writeFileSync(fleet, text)
  installation = await startInstallation({ environment: { SPILLWAY_FLEET: fleet } })
  const { url, demoApiKey } = installation
  buyer = createClient({ url, credential: demoApiKey })
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: demoApiKey, maxRetries: 0 })
  const isReady = async (id: string) => (await buyer.getModel({ params: { id } })).state === 'ready'
  await untilTrue(async () => (await isReady('toy')) && (await isReady('vectors')), {
    timeoutMs: 60_000,
  })
}, 120_000)

afterAll(async () => {
  await installation.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Waits until so many tokens of a SKU were charged. */
async function untilCharged(sku: string, quantity: number): Promise<void> {
  await untilTrue(async () => {
    const { rows } = await buyer.getUsage()
    return rows.find((row) => row.sku === sku)?.quantity === String(quantity)
  })
}

test('embeddings are made by a replica that says so, and only what it read is charged', async () => {
  expect(await buyer.getModel({ params: { id: 'vectors' } })).toMatchObject({ isEmbedding: true })
  const input = ['What is a lease?', 'Nobody sleeps.']
  const { data, usage } = await openai.embeddings.create({ model: 'vectors', input })
  expect(data).toHaveLength(2)
  const [vector = []] = data.map(({ embedding }) => embedding)
  expect(Math.hypot(...vector)).toBeCloseTo(1, 4)
  await untilCharged('tokens.vectors.input', usage.prompt_tokens)
})

test('responses and plain completions are answered by the same replica, and charged together', async () => {
  const ask = { model: 'toy', input: 'What is a lease?', max_output_tokens: 20 }
  const whole = await openai.responses.create(ask)
  expect(whole.output_text.length).toBeGreaterThan(0)
  const stream = openai.responses.stream({ ...ask, stream: true })
  const streamed = await stream.finalResponse()
  expect(['completed', 'incomplete']).toContain(streamed.status)
  const plain = await openai.completions.create({ model: 'toy', prompt: 'A lease', max_tokens: 8 })
  expect(plain.choices[0]?.text.length).toBeGreaterThan(0)
  const outputs = [whole.usage?.output_tokens, streamed.usage?.output_tokens]
  const output = outputs.reduce<number>((sum, each) => sum + (each ?? 0), 0)
  await untilCharged('tokens.toy.output', output + (plain.usage?.completion_tokens ?? 0))
})
