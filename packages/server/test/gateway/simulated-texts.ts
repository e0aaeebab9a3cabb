/** What a simulated server answers to embeddings and to the older completions. */
import { z } from 'zod'
import { PROMPT_TOKENS } from './simulated-answer.ts'
import { word } from './simulated-pieces.ts'

/** The first text of a request may be JSON that tells what to do. */
export const TextBehaviour = z.object({
  tokens: z.number().int().default(3),
  usage: z.enum(['counted', 'none']).default('counted'),
  /** Answers in floats, whatever was asked for. */
  isDeafToEncoding: z.boolean().default(false),
})
export type TextBehaviour = z.infer<typeof TextBehaviour>

export const TextRequest = z.looseObject({
  model: z.string(),
  input: z.unknown().optional(),
  prompt: z.unknown().optional(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  encoding_format: z.string().nullish(),
  n: z.number().int().nullish(),
  echo: z.boolean().nullish(),
})
export type TextRequest = z.infer<typeof TextRequest>

/** How many inputs there are: a list of numbers is one. */
function countInputs(input: unknown): number {
  if (!Array.isArray(input)) return 1
  return typeof input[0] === 'number' ? 1 : input.length
}

export const firstText = ({ input, prompt }: TextRequest): unknown => {
  const given = input ?? prompt
  return Array.isArray(given) ? given[0] : given
}

/** Eleven tokens an input; the vector says which input it is. */
export function renderEmbeddings(request: TextRequest, behaviour: TextBehaviour): object {
  const inputs = countInputs(request.input)
  const isText = request.encoding_format === 'base64' && !behaviour.isDeafToEncoding
  const data = Array.from({ length: inputs }, (_, index) => {
    const vector = [index, 0.5, -0.25]
    const bytes = Buffer.from(Float32Array.from(vector).buffer)
    return { object: 'embedding', index, embedding: isText ? bytes.toString('base64') : vector }
  })
  const tokens = inputs * PROMPT_TOKENS
  return {
    object: 'list',
    data,
    model: request.model,
    ...(behaviour.usage === 'none'
      ? {}
      : { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  }
}

interface Choice {
  readonly index: number
  readonly text: string
  readonly finish_reason: string | null
}

function choicesOf(request: TextRequest, { tokens }: TextBehaviour): readonly Choice[][] {
  const count = countInputs(request.prompt) * (request.n ?? 1)
  return Array.from({ length: count }, (_, index) =>
    Array.from({ length: tokens }, (__, at) => ({
      index,
      text: (request.echo && at === 0 ? 'echoed ' : '') + word(at),
      finish_reason: at === tokens - 1 ? 'length' : null,
    })),
  )
}

function usageOf(request: TextRequest, { tokens, usage }: TextBehaviour) {
  if (usage === 'none') return {}
  const input = countInputs(request.prompt) * PROMPT_TOKENS
  const output = countInputs(request.prompt) * (request.n ?? 1) * tokens
  return {
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  }
}

const head = ({ model }: TextRequest) => ({
  id: 'cmpl-simulated',
  object: 'text_completion',
  created: 1_700_000_000,
  model,
})

export function renderTexts(request: TextRequest, behaviour: TextBehaviour): object {
  const choices = choicesOf(request, behaviour).map((pieces, index) => ({
    index,
    text: pieces.map(({ text }) => text).join(''),
    logprobs: null,
    finish_reason: 'length',
  }))
  return { ...head(request), choices, ...usageOf(request, behaviour) }
}

export function* renderTextChunks(request: TextRequest, behaviour: TextBehaviour) {
  for (const choice of choicesOf(request, behaviour).flat())
    yield { ...head(request), choices: [{ ...choice, logprobs: null }] }
  if (request.stream_options?.include_usage)
    yield { ...head(request), choices: [], ...usageOf(request, behaviour) }
}
