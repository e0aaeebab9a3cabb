/** Replicas whose answers hardly ever end: parallel places, the queue, clients that leave, the end of the process. */
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ensureToyModel } from '#platform/models/toy/index.ts'
import {
  type ReplicaProcess,
  healthOf,
  killReplicas,
  launchReplica,
  postTo,
  startReplica,
  until,
} from './replica-process.ts'

const PATIENT = { timeout: 60_000 }
const CHAT = '/v1/chat/completions'
const MESSAGES = [{ role: 'user', content: 'wave' }]

let folder = ''
let weightsPath = ''

/** A model whose one paragraph is so long that its end almost never comes. */
async function makeEndlessModel(): Promise<string> {
  const textsFolder = join(folder, 'texts')
  await mkdir(textsFolder)
  await writeFile(join(textsFolder, 'waves.md'), 'The wave follows the wave. '.repeat(20_000))
  return (await ensureToyModel({ textsFolder, modelsFolder: folder })).path
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-replica-'))
  weightsPath = await makeEndlessModel()
})
afterAll(async () => {
  killReplicas()
  await rm(folder, { recursive: true })
})

function start(...flags: readonly string[]): Promise<ReplicaProcess> {
  return startReplica('--weights', weightsPath, '--model', 'endless', ...flags)
}

function stream(replica: ReplicaProcess, signal?: AbortSignal, limits: object = {}) {
  const body = { model: 'endless', messages: MESSAGES, stream: true, ...limits }
  return postTo(replica, CHAT, { body, ...(signal && { signal }) })
}

describe('long answers', PATIENT, () => {
  test('are generated several at a time and stop when their clients go away', async () => {
    // given two clients that read the beginning of an answer
    const replica = await start('--parallel', '2')
    const clients = [new AbortController(), new AbortController()]
    const answers = await Promise.all(clients.map(({ signal }) => stream(replica, signal)))
    await Promise.all(answers.map(async (answer) => answer.body?.getReader().read()))

    // when they go away
    for (const client of clients) client.abort()

    // then both places are free long before the context was full
    await until(async () => (await healthOf(replica)).tally.answers === 2)
    const { busy, tally } = await healthOf(replica)
    expect(busy).toBe(0)
    expect(tally.completionTokens).toBeLessThan(4096)
  })

  test('let few wait and send the others away', async () => {
    const replica = await start('--parallel', '1', '--waiting', '1')
    const clients = [new AbortController(), new AbortController()]
    const [first, second] = clients.map(({ signal }) => stream(replica, signal))
    await first
    await until(async () => (await healthOf(replica)).waiting === 1)

    const third = await stream(replica)

    expect(third.status).toBe(429)
    const Failure = z.object({ error: z.object({ type: z.string(), code: z.string() }) })
    const { error } = Failure.parse(await third.json())
    expect(error).toEqual({ type: 'rate_limit_error', code: 'queue_full' })
    for (const client of clients) client.abort()
    await expect(second).rejects.toThrow()
    await until(async () => (await healthOf(replica)).busy === 0)
  })

  test('end when the context is full', async () => {
    const replica = await start('--context', '128')
    const messages = [{ role: 'user', content: 'wave '.repeat(50) }]
    const body = { model: 'endless', messages, max_tokens: 10_000 }
    const response = await postTo(replica, CHAT, { body })
    expect(await response.json()).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      usage: { total_tokens: 128 },
    })
  })
})

describe('the end of a replica', PATIENT, () => {
  test('waits for answers that are under way, and takes no others', async () => {
    const replica = await start('--grace-ms', '60000')
    const response = await stream(replica, undefined, { max_tokens: 200 })

    replica.child.kill('SIGTERM')

    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/)
    expect(await once(replica.child, 'exit')).toEqual([0, null])
    await expect(fetch(`${replica.url}/health`)).rejects.toThrow()
  })

  test('comes after the grace, with an error in the stream', async () => {
    const replica = await start('--grace-ms', '50')
    const response = await stream(replica)

    replica.child.kill('SIGTERM')

    const text = await response.text()
    expect(text).toMatch(/"error":{"message":"The replica is stopping\./)
    expect(text).not.toMatch(/\[DONE\]/)
    expect(await once(replica.child, 'exit')).toEqual([0, null])
  })

  test('comes at once, in words, when the weights are broken', async () => {
    const brokenPath = join(folder, 'broken.gguf')
    await writeFile(brokenPath, (await readFile(weightsPath)).subarray(0, 100_000))
    const { child, errors } = launchReplica('--weights', brokenPath, '--model', 'endless')
    expect(await once(child, 'exit')).toEqual([3, null])
    expect(errors()).toMatch(/broken\.gguf: The file is cut off/)
  })

  test('comes at once when the command line is wrong', async () => {
    const { child, errors } = launchReplica('--model', 'endless')
    expect(await once(child, 'exit')).toEqual([2, null])
    expect(errors()).toMatch(/--weights is missing.\nusage: /)
  })
})
