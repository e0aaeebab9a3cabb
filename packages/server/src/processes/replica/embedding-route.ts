/** `POST /v1/embeddings` of a replica of an embedding model, in the OpenAI dialect. */
import { z } from 'zod'
import { readJson } from './body.ts'
import type { Embedding } from './embedding.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { invalid, judgeTokens, notFound } from './refusal.ts'
import { Prompts, refuse } from './request.ts'
import type { Model } from './routes.ts'

const INPUTS_MAX = 2048

const Body = z.object({
  model: z.string({ error: 'you must provide a model parameter' }),
  input: Prompts(INPUTS_MAX),
  dimensions: z.number().int().min(1).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
})

const BYTES_PER_NUMBER = 4

function encode(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * BYTES_PER_NUMBER)
  vector.forEach((each, index) => bytes.writeFloatLE(each, index * BYTES_PER_NUMBER))
  return bytes.toString('base64')
}

function render(
  { name }: Model,
  embeddings: readonly Embedding[],
  encoding: 'float' | 'base64',
): string {
  const tokens = embeddings.reduce((sum, each) => sum + each.tokens, 0)
  return JSON.stringify({
    object: 'list',
    data: embeddings.map(({ vector }, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? encode(vector) : vector,
    })),
    model: name,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  })
}

/** A vector cut short means something only where a model was trained for it, which weights do not say. */
function judgeDimensions(wanted: number | null | undefined, { vector }: Embedding): void {
  if (wanted === null || wanted === undefined || wanted === vector.length) return
  throw invalid(`This model has ${vector.length} dimensions and no others.`, 'dimensions')
}

export async function embed(exchange: Exchange, model: Model): Promise<void> {
  const parsed = Body.safeParse(await readJson(exchange.request))
  if (!parsed.success) throw refuse(parsed.error)
  const { input, dimensions, encoding_format: encoding } = parsed.data
  if (parsed.data.model !== model.name)
    throw notFound(`The model '${parsed.data.model}' does not exist.`, 'model_not_found')
  const { engine, tally } = model
  if (!engine.embed) throw invalid('This model makes no embeddings.', 'model')
  const place = await model.places.take(exchange.signal)
  try {
    const embeddings: Embedding[] = []
    for (const each of input) {
      exchange.signal.throwIfAborted()
      if (typeof each !== 'string') judgeTokens(each, engine.vocabularySize, 'input')
      const embedding = await engine.embed(each)
      judgeDimensions(dimensions, embedding)
      embeddings.push(embedding)
      tally.promptTokens += embedding.tokens
    }
    tally.answers += 1
    sendJson(exchange, 200, render(model, embeddings, encoding ?? 'float'))
  } finally {
    place.leave()
  }
}
