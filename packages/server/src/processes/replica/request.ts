/**
 * A chat request of the OpenAI dialect, parsed. Pure. What the replica cannot do is refused by name, never ignored;
 * unknown fields pass, because clients send new ones every month.
 */
import type { Token } from 'node-llama-cpp'
import { z } from 'zod'
import type { AnswerFormat } from './grammar.ts'
import { type Refused, invalid } from './refusal.ts'

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

export interface Sampling {
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly minP: number
  readonly seed: number | null
  readonly frequencyPenalty: number
  readonly presencePenalty: number
}

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly Message[]
  readonly isStreamed: boolean
  readonly includesUsage: boolean
  /** Usage so far in every chunk, as vLLM has it; what was delivered is then known when a stream is cut. */
  readonly includesRunningUsage: boolean
  /** Null: as many as the context has room for. */
  readonly maxTokens: number | null
  readonly stops: readonly string[]
  readonly sampling: Sampling
  /** Null: whatever the model says. */
  readonly format: AnswerFormat | null
}

const TextPart = z.object({ type: z.literal('text'), text: z.string() })
const Content = z.union([z.string(), z.array(TextPart).transform(joinParts)], {
  error: 'must be a string or a list of text parts',
})

function joinParts(parts: readonly { readonly text: string }[]): string {
  return parts.map((part) => part.text).join('')
}

const MessageSchema = z
  .object({
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content: Content,
  })
  .transform(({ role, content }): Message => ({
    role: role === 'developer' ? 'system' : role,
    text: content,
  }))

const number = (min: number, max: number) => z.number().min(min).max(max).nullish()
const tokens = z.number().int().min(1).nullish()
const Stop = z.string().min(1).max(256)

const Tokens = z.array(z.number().int().min(0)).min(1)

/** Texts or tokens, one or many; always a list in the end. */
export const Prompts = (max: number) =>
  z.union(
    [
      z.string().transform((text) => [text]),
      z.array(z.string()).min(1).max(max),
      Tokens.transform((one) => [one as Token[]]),
      z
        .array(Tokens)
        .min(1)
        .max(max)
        .transform((many) => many as Token[][]),
    ],
    { error: `must be a text, a list of tokens, or at most ${max} of either` },
  )

const Format = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text') }).transform(() => null),
    z.object({ type: z.literal('json_object') }).transform(() => ({ kind: 'json' as const })),
    z
      .object({
        type: z.literal('json_schema'),
        json_schema: z.object({ schema: z.record(z.string(), z.unknown()) }),
      })
      .transform(({ json_schema: { schema } }) => ({ kind: 'schema' as const, schema })),
  ],
  { error: 'must be text, json_object or json_schema' },
)

/** What both kinds of completions have. */
export const commonFields = {
  model: z.string({ error: 'you must provide a model parameter' }),
  stream: z.boolean().nullish(),
  stream_options: z
    .object({
      include_usage: z.boolean().nullish(),
      continuous_usage_stats: z.boolean().nullish(),
    })
    .nullish(),
  stop: z.union([Stop, z.array(Stop).max(4)]).nullish(),
  temperature: number(0, 2),
  top_p: number(0, 1),
  top_k: z.number().int().min(0).max(1000).nullish(),
  min_p: number(0, 1),
  seed: z.number().int().nullish(),
  frequency_penalty: number(-2, 2),
  presence_penalty: number(-2, 2),
  n: z.literal(1, { error: 'only one choice can be made' }).nullish(),
}

const Body = z.object({
  ...commonFields,
  messages: z.array(MessageSchema).min(1, 'must have at least one message'),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  logprobs: z.literal(false, { error: 'log-probabilities are not offered' }).nullish(),
  tools: z.array(z.unknown()).max(0, 'tools are not offered').nullish(),
  functions: z.array(z.unknown()).max(0, 'functions are not offered').nullish(),
  response_format: Format.nullish(),
})

/** llama.cpp's own defaults, for clients that leave sampling to the server. */
const DEFAULTS = { temperature: 0.8, topP: 0.95, topK: 40, minP: 0.05 }
const SEEDS = 2 ** 32

export type ParsedChat =
  | { readonly kind: 'request'; readonly request: ChatRequest }
  | { readonly kind: 'refused'; readonly refused: Refused }

export function parseChat(body: unknown): ParsedChat {
  const parsed = Body.safeParse(body)
  if (parsed.success) return { kind: 'request', request: render(parsed.data) }
  return { kind: 'refused', refused: refuse(parsed.error) }
}

/** One refusal for the first thing that is wrong, as the dialect has it, which counts the others. */
export function refuse(error: z.ZodError): Refused {
  const first = error.issues[0]
  const param = first?.path.map(String).join('.') || null
  const others = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : ''
  const what = param === null ? 'The body' : `'${param}'`
  return invalid(`Invalid value: ${what}: ${first?.message ?? 'not valid'}${others}.`, param)
}

function render(body: z.infer<typeof Body>): ChatRequest {
  return {
    ...renderCommon(body),
    messages: body.messages,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    format: body.response_format ?? null,
  }
}

const Common = z.object(commonFields)
type CommonBody = z.infer<typeof Common>

export function renderCommon(
  body: CommonBody,
): Omit<ChatRequest, 'messages' | 'maxTokens' | 'format'> {
  const { stop } = body
  return {
    model: body.model,
    isStreamed: body.stream ?? false,
    includesUsage: body.stream_options?.include_usage ?? false,
    includesRunningUsage: body.stream_options?.continuous_usage_stats ?? false,
    stops: typeof stop === 'string' ? [stop] : (stop ?? []),
    sampling: renderSampling(body),
  }
}

function renderSampling(body: CommonBody): Sampling {
  return {
    temperature: body.temperature ?? DEFAULTS.temperature,
    topP: body.top_p ?? DEFAULTS.topP,
    topK: body.top_k ?? DEFAULTS.topK,
    minP: body.min_p ?? DEFAULTS.minP,
    seed: typeof body.seed === 'number' ? ((body.seed % SEEDS) + SEEDS) % SEEDS : null,
    frequencyPenalty: body.frequency_penalty ?? 0,
    presencePenalty: body.presence_penalty ?? 0,
  }
}

const CountBody = z.union([
  z.object({ messages: z.array(MessageSchema).min(1) }),
  z.object({ prompt: z.string() }),
])

export type ParsedCount =
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  | { readonly kind: 'prompt'; readonly prompt: string }
  | { readonly kind: 'refused'; readonly refused: Refused }

/** The body of `POST /tokenize`. */
export function parseCount(body: unknown): ParsedCount {
  const parsed = CountBody.safeParse(body)
  if (!parsed.success)
    return { kind: 'refused', refused: invalid('Send `messages` or `prompt`.', null) }
  if ('messages' in parsed.data) return { kind: 'messages', messages: parsed.data.messages }
  return { kind: 'prompt', prompt: parsed.data.prompt }
}
