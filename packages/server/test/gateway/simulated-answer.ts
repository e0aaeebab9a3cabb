/** What the simulated server says: one word a token, and its count in each of the ways that real servers count. */

export interface Script {
  readonly model: string
  readonly tokens: number
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

const word = (index: number) => `word${index} `

function countUpTo(tokens: number, { usage }: Script) {
  const [input, output] = usage === 'zero' ? [0, 0] : [PROMPT_TOKENS, tokens]
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
}

export function renderCompletion(script: Script): object {
  const content = Array.from({ length: script.tokens }, (_, index) => word(index)).join('')
  return {
    id: 'chatcmpl-simulated',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: script.model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    ...(script.usage === 'none' ? {} : { usage: countUpTo(script.tokens, script) }),
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
  const chunk = (delta: object, tokens: number, finish: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...counted(tokens),
  })
  yield { json: chunk({ role: 'assistant', content: '' }, 0), tokens: 0 }
  for (let index = 0; index < script.tokens; index++) {
    const isLast = index === script.tokens - 1
    const json = chunk({ content: word(index) }, index + 1, isLast ? 'stop' : null)
    const beside =
      isLast && script.usage === 'beside' ? { usage: countUpTo(script.tokens, script) } : {}
    yield { json: { ...json, ...beside }, tokens: 1 }
  }
  const isSummed =
    script.usage === 'final' ||
    script.usage === 'zero' ||
    (script.usage === 'as_asked' && script.isCounted)
  if (isSummed)
    yield { json: { ...head, choices: [], usage: countUpTo(script.tokens, script) }, tokens: 0 }
}
