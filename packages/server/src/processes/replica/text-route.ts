/** `POST /v1/completions` of a replica: each prompt is continued by itself, one after another, in one answer. */
import { generateAnswer } from './answer.ts'
import { readJson } from './body.ts'
import {
  type Answer,
  type FinishReason,
  renderTextChunk,
  renderTextCompletion,
  renderTextUsage,
  STREAM_END,
  type Usage,
} from './chunks.ts'
import type { Engine, Prompt } from './engine.ts'
import { type Exchange, openStream, sendJson, write, isFirst } from './exchange.ts'
import { invalid, judgeTokens, notFound, tooLong } from './refusal.ts'
import type { AnswerSource, Model } from './routes.ts'
import { parseText, type TextRequest } from './text-request.ts'

interface Turn {
  readonly exchange: Exchange
  readonly model: Model
  readonly request: TextRequest
  readonly answer: Answer
}

/** A piece of one choice, and what all of them used so far. */
interface TextPiece {
  readonly index: number
  readonly text: string
  readonly finishReason: FinishReason | null
  readonly usage: Usage
}

function tokensOf(engine: Engine, { prompts }: TextRequest): readonly Prompt[] {
  return prompts.map((given) => {
    if (typeof given !== 'string') judgeTokens(given, engine.vocabularySize, 'prompt')
    const prompt = typeof given === 'string' ? engine.tokenize(given) : given
    if (prompt.length === 0) throw invalid('A prompt has at least one token here.', 'prompt')
    if (prompt.length >= engine.contextTokens) throw tooLong(prompt.length, engine.contextTokens)
    return prompt
  })
}

async function* generate({ exchange, model, request }: Turn): AsyncGenerator<TextPiece> {
  const { engine, tally } = model
  const prompts = tokensOf(engine, request)
  const usage = { promptTokens: 0, completionTokens: 0 }
  for (const [index, prompt] of prompts.entries()) {
    usage.promptTokens += prompt.length
    tally.promptTokens += prompt.length
    const isNothingWanted = request.maxTokens === 0
    if (request.isEchoed) {
      const finishReason = isNothingWanted ? 'length' : null
      yield { index, text: engine.spell(prompt), finishReason, usage: { ...usage } }
    }
    if (isNothingWanted) continue
    let counted = 0
    for await (const piece of generateAnswer(engine, prompt, {
      request,
      signal: exchange.signal,
      constraint: null,
    })) {
      const made = piece.usage.completionTokens - counted
      counted += made
      usage.completionTokens += made
      tally.completionTokens += made
      const { text, finishReason } = piece
      yield { index, text, finishReason, usage: { ...usage } }
    }
  }
  tally.answers += 1
}

async function complete(turn: Turn): Promise<void> {
  const choices: { text: string; finishReason: FinishReason }[] = []
  let used: Usage = { promptTokens: 0, completionTokens: 0 }
  for await (const { index, text, finishReason, usage } of generate(turn)) {
    const choice = (choices[index] ??= { text: '', finishReason: 'stop' })
    choice.text += text
    choice.finishReason = finishReason ?? choice.finishReason
    used = usage
  }
  sendJson(turn.exchange, 200, renderTextCompletion(turn.answer, choices, used))
}

async function stream(turn: Turn): Promise<void> {
  const { exchange, request, answer } = turn
  let used: Usage = { promptTokens: 0, completionTokens: 0 }
  let isOpen = false
  for await (const piece of generate(turn)) {
    used = piece.usage
    const shown = request.includesRunningUsage ? used : request.includesUsage ? null : undefined
    if (!isOpen) openStream(exchange)
    isOpen = true
    await write(exchange, renderTextChunk(answer, { ...piece, usage: shown }))
  }
  if (request.includesUsage) await write(exchange, renderTextUsage(answer, used))
  exchange.response.end(STREAM_END)
}

export async function continueTexts(
  exchange: Exchange,
  model: Model,
  source: AnswerSource,
): Promise<void> {
  const parsed = parseText(await readJson(exchange.request))
  if (parsed.kind === 'refused') throw parsed.refused
  const { request } = parsed
  if (model.engine.embed) throw invalid('This model makes embeddings only.', 'model')
  if (request.model !== model.name)
    throw notFound(`The model '${request.model}' does not exist.`, 'model_not_found')
  const place = await model.places.take(exchange.signal, isFirst(exchange))
  try {
    const answer = {
      id: `cmpl-${source.newId()}`,
      model: model.name,
      createdSeconds: source.nowSeconds(),
    }
    const turn: Turn = { exchange, model, request, answer }
    await (request.isStreamed ? stream(turn) : complete(turn))
  } finally {
    place.leave()
  }
}
