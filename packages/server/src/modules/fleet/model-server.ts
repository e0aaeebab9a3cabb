/**
 * A server of somebody else's making that runs as a model's replica, vLLM or SGLang: the block `server` of a model in the
 * fleet file. Pure.
 */
import { z } from 'zod'
import { durationMs } from './reclaim-policy.ts'

const word = z.string().min(1, 'is empty').max(4096)

export const serverBlock = z.strictObject({
  engine: z.enum(['vllm', 'sglang'], 'write vllm or sglang'),
  /** Slots that a replica takes, over which the engine spreads the model. */
  gpus: z.number().int('write a whole number of GPUs').min(1).max(64).default(1),
  /** How the engine is started here; what it needs to be told follows. */
  command: z.array(word, 'write the words of the command, such as [vllm, serve]').min(1).optional(),
  arguments: z.array(word, 'write the words, such as [--dtype, bfloat16]').max(200).default([]),
  requestsAtOnce: z.number().int('write a whole number of requests').min(1).max(4096).default(256),
  readyWithin: durationMs.default(1_800_000),
})

interface ModelOfFile {
  readonly server?: z.output<typeof serverBlock> | undefined
  readonly weights?: string | undefined
  readonly sha256?: string | undefined
  readonly autoscale?: object | undefined
}

/** What is wrong with the block though each of its parts is well written: the key, and why. */
function whyNoServer({ server, weights, sha256, autoscale }: ModelOfFile): [string, string] | null {
  if (server === undefined) return null
  if (weights === undefined)
    return ['server', 'name the model that it loads as weights: a folder, or a name of its hub']
  if (sha256 !== undefined)
    return ['sha256', 'the engine loads its weights itself, so that nobody compares them with this']
  if (autoscale !== undefined && server.gpus > 1)
    return [
      'autoscale',
      'a bid is for one GPU; a replica of several has a fixed number: write replicas instead',
    ]
  return null
}

export function serverFaults(models: readonly ModelOfFile[]) {
  return models.flatMap((model, index) => {
    const fault = whyNoServer(model)
    return fault === null ? [] : [{ path: ['models', index, fault[0]], message: fault[1] }]
  })
}

/** The server of a model, with everything that the file leaves out; null for replicas of our own. */
export function serverOf({ server }: ModelOfFile) {
  if (server === undefined) return null
  const { engine, gpus, command, requestsAtOnce, readyWithin: readyWithinMs } = server
  const rest = { arguments: server.arguments, requestsAtOnce, readyWithinMs }
  return { engine, gpus, command: command ?? null, ...rest }
}
