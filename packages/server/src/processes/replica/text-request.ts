/** A request of the older completions, parsed: prompts that are continued without a chat template. Pure. */
import type { Token } from 'node-llama-cpp'
import { z } from 'zod'
import type { Refused } from './refusal.ts'
import { commonFields, Prompts, refuse, renderCommon } from './request.ts'
import type { ChatRequest } from './request.ts'

export interface TextRequest extends Omit<ChatRequest, 'messages' | 'format'> {
  readonly prompts: readonly (string | readonly Token[])[]
  readonly isEchoed: boolean
}

const PROMPTS_MAX = 32
/** What the dialect has where nothing is said. */
const TOKENS_DEFAULT = 16

const Body = z.object({
  ...commonFields,
  prompt: Prompts(PROMPTS_MAX),
  max_tokens: z.number().int().min(0).nullish(),
  echo: z.boolean().nullish(),
  best_of: z.literal(1, { error: 'only one choice can be made' }).nullish(),
  logprobs: z.null({ error: 'log-probabilities are not offered' }).optional(),
  suffix: z.literal('', { error: 'what comes after the completion cannot be given' }).nullish(),
})

export type ParsedText =
  | { readonly kind: 'request'; readonly request: TextRequest }
  | { readonly kind: 'refused'; readonly refused: Refused }

export function parseText(body: unknown): ParsedText {
  const parsed = Body.safeParse(body)
  if (!parsed.success) return { kind: 'refused', refused: refuse(parsed.error) }
  const { prompt: prompts, echo, max_tokens: maxTokens } = parsed.data
  const request = {
    ...renderCommon(parsed.data),
    prompts,
    maxTokens: maxTokens ?? TOKENS_DEFAULT,
    isEchoed: echo ?? false,
  }
  return { kind: 'request', request }
}
