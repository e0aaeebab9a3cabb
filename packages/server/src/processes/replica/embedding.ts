/** llama.cpp makes embeddings: texts or tokens become vectors of length one. */
import type { LlamaModel, Token } from 'node-llama-cpp'
import { invalid } from './refusal.ts'

export interface Embedding {
  readonly vector: readonly number[]
  readonly tokens: number
}

/** Throws a `Refused` for what is longer than the context. */
export type Embed = (input: string | readonly Token[]) => Promise<Embedding>

export interface Embedder {
  readonly countText: (text: string) => number
  readonly embed: Embed
}

function tooLong(tokens: number, contextTokens: number) {
  const message = `This model's maximum context length is ${contextTokens} tokens. However, an input has ${tokens} tokens.`
  return invalid(message, 'input', 'context_length_exceeded')
}

/** Vectors are compared by their angle, so their length is made one, as other servers do. */
function toLengthOne(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((each) => each / length)
}

export async function createEmbedder(
  model: LlamaModel,
  contextTokens: number,
  threads: number,
): Promise<Embedder> {
  const context = await model.createEmbeddingContext({ contextSize: contextTokens, threads })
  return {
    countText: (text) => context.calculateInputLength(text),
    embed: async (input) => {
      const given = typeof input === 'string' ? input : [...input]
      const tokens = context.calculateInputLength(given)
      if (tokens >= contextTokens) throw tooLong(tokens, contextTokens)
      const { vector } = await context.getEmbeddingFor(given)
      return { vector: toLengthOne(vector), tokens }
    },
  }
}
