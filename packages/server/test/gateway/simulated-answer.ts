/** What the simulated server says: one word a token, and its count in each of the ways that real servers count. */
import { finishOf, messageOf, piecesOf, type Said, wholeLogprobs } from './simulated-pieces.ts'

export interface Script extends Said {
  readonly model: string
  /** Counts four cached tokens of the input, and one of reasoning. */
  readonly hasClasses?: boolean | undefined
  readonly usage: 'as_asked' | 'final' | 'beside' | 'none' | 'zero'
  readonly isCounted: boolean
  readonly isCountedContinuously: boolean
}

/** What every simulated prompt counts as, whatever it says. */
export const PROMPT_TOKENS = 11

export interface SimulatedChunk {
  readonly json: object
  /** Tokens of output in it. */
  readonly tokens: number
}

function countUpTo(tokens: number, { usage, hasClasses }: Script) {
  const [input, output] = usage === 'zero' ? [0, 0] : [PROMPT_TOKENS, tokens]
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(hasClasses
      ? {
          prompt_tokens_details: { cached_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 1 },
        }
      : {}),
  }
}

const tokensOf = (script: Script) => piecesOf(script).reduce((sum, { tokens }) => sum + tokens, 0)

export function renderCompletion(script: Script): object {
  const choice = { index: 0, message: messageOf(script), logprobs: wholeLogprobs(script) }
  return {
    id: 'chatcmpl-simulated',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: script.model,
    choices: [{ ...choice, finish_reason: finishOf(script) }],
    ...(script.usage === 'none' ? {} : { usage: countUpTo(tokensOf(script), script) }),
  }
}

/** The chunks of a stream: a role, the words, and what each way of counting adds. */
export function* renderChunks(script: Script): Generator<SimulatedChunk> {
  const head = {
    id: 'chatcmpl-simulated',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: script.model,
  }
  const isContinuous = script.usage === 'as_asked' && script.isCountedContinuously
  const counted = (tokens: number) => (isContinuous ? { usage: countUpTo(tokens, script) } : {})
  const chunk = (choice: object, tokens: number, finish: string | null = null) => ({
    ...head,
    choices: [{ index: 0, ...choice, finish_reason: finish }],
    ...counted(tokens),
  })
  yield { json: chunk({ delta: { role: 'assistant', content: '' } }, 0), tokens: 0 }
  const pieces = piecesOf(script)
  const all = tokensOf(script)
  let sent = 0
  for (const [index, { tokens, ...choice }] of pieces.entries()) {
    sent += tokens
    const isLast = index === pieces.length - 1
    const json = chunk(choice, sent, isLast ? finishOf(script) : null)
    const beside = isLast && script.usage === 'beside' ? { usage: countUpTo(all, script) } : {}
    yield { json: { ...json, ...beside }, tokens }
  }
  const isSummed =
    script.usage === 'final' ||
    script.usage === 'zero' ||
    (script.usage === 'as_asked' && script.isCounted)
  if (isSummed) yield { json: { ...head, choices: [], usage: countUpTo(all, script) }, tokens: 0 }
}
