/** One answer, from prompt tokens to pieces of text: sampling, spelling, stop strings, limits. No HTTP in here. */
import type { FinishReason, Usage } from './chunks.ts'
import type { Engine, Prompt } from './engine.ts'
import { CONSTRAINED_END, type Constraint } from './grammar.ts'
import { tooLong } from './refusal.ts'
import type { ChatRequest } from './request.ts'
import { createSpeller } from './speller.ts'
import { createStopMatcher } from './stop-matcher.ts'

/** A piece of text with the usage so far; the last piece says why the answer ends. */
export interface Piece {
  readonly text: string
  readonly usage: Usage
  readonly finishReason: FinishReason | null
}

/** Counts the prompt and refuses one that leaves no room for a single token. */
export function preparePrompt(engine: Engine, request: ChatRequest): Prompt {
  const prompt = engine.prompt(request.messages)
  if (prompt.length >= engine.contextTokens) throw tooLong(prompt.length, engine.contextTokens)
  return prompt
}

/** Generates. The end-of-text token is not counted; every other sampled token is. */
export async function* generateAnswer(
  engine: Engine,
  prompt: Prompt,
  run: {
    readonly request: Pick<ChatRequest, 'maxTokens' | 'stops' | 'sampling'>
    readonly signal: AbortSignal
    readonly constraint: Constraint | null
  },
): AsyncGenerator<Piece, void, undefined> {
  const { request, signal, constraint } = run
  const room = engine.contextTokens - prompt.length
  const tokensMax = Math.min(request.maxTokens ?? room, room)
  const speller = createSpeller(engine.spell)
  const ends = constraint === null ? [] : [CONSTRAINED_END]
  const stops = createStopMatcher([...engine.stops, ...request.stops, ...ends])
  const usage = { promptTokens: prompt.length, completionTokens: 0 }
  for await (const token of engine.evaluate(prompt, {
    sampling: request.sampling,
    signal,
    constraint,
  })) {
    usage.completionTokens++
    const { text, isStopped } = stops.push(speller.push(token))
    if (isStopped) return yield { text, usage: { ...usage }, finishReason: 'stop' }
    if (usage.completionTokens >= tokensMax) {
      const rest = text + ending(stops.push(speller.flush()), stops.flush)
      return yield { text: rest, usage: { ...usage }, finishReason: 'length' }
    }
    if (text !== '') yield { text, usage: { ...usage }, finishReason: null }
  }
  const rest = ending(stops.push(speller.flush()), stops.flush)
  yield { text: rest, usage: { ...usage }, finishReason: 'stop' }
}

function ending(
  last: { readonly text: string; readonly isStopped: boolean },
  flush: () => string,
): string {
  return last.isStopped ? last.text : last.text + flush()
}
