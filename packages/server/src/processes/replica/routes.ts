/** The replica's routes: chat, models, health, token counts. */
import { generateAnswer, preparePrompt } from './answer.ts'
import { readJson } from './body.ts'
import {
  type Answer,
  STREAM_END,
  renderChunk,
  renderCompletion,
  renderModels,
  renderUsageChunk,
} from './chunks.ts'
import type { Engine, Prompt } from './engine.ts'
import { type Exchange, openStream, sendJson, write, isFirst } from './exchange.ts'
import type { Constraint } from './grammar.ts'
import type { Places } from './places.ts'
import { notFound } from './refusal.ts'
import { type ChatRequest, parseChat, parseCount } from './request.ts'

export interface Model {
  readonly name: string
  readonly engine: Engine
  readonly places: Places
  readonly createdSeconds: number
  readonly tally: Tally
}

/** What the replica has done since it started. */
export interface Tally {
  answers: number
  promptTokens: number
  completionTokens: number
}

/** Where an answer's name and time come from. */
export interface AnswerSource {
  readonly newId: () => string
  readonly nowSeconds: () => number
}

export function listModels(exchange: Exchange, { name, engine, createdSeconds }: Model): void {
  const { contextTokens } = engine
  sendJson(exchange, 200, renderModels({ name, createdSeconds, contextTokens }))
}

export async function countTokens(exchange: Exchange, { engine }: Model): Promise<void> {
  const count = parseCount(await readJson(exchange.request))
  if (count.kind === 'refused') throw count.refused
  const tokens =
    count.kind === 'messages'
      ? engine.prompt(count.messages).length
      : engine.countText(count.prompt)
  sendJson(exchange, 200, JSON.stringify({ tokens, max_model_len: engine.contextTokens }))
}

export async function chat(exchange: Exchange, model: Model, source: AnswerSource): Promise<void> {
  const parsed = parseChat(await readJson(exchange.request))
  if (parsed.kind === 'refused') throw parsed.refused
  const { request } = parsed
  if (request.model !== model.name)
    throw notFound(`The model '${request.model}' does not exist.`, 'model_not_found')
  const prompt = preparePrompt(model.engine, request)
  const constraint = request.format && (await model.engine.constrain(request.format))
  const place = await model.places.take(exchange.signal, isFirst(exchange))
  try {
    const answer = {
      id: `chatcmpl-${source.newId()}`,
      model: model.name,
      createdSeconds: source.nowSeconds(),
    }
    const turn: Turn = { exchange, model, request, prompt, answer, constraint }
    await (request.isStreamed ? stream(turn) : complete(turn))
  } finally {
    place.leave()
  }
}

interface Turn {
  readonly exchange: Exchange
  readonly model: Model
  readonly request: ChatRequest
  readonly prompt: Prompt
  readonly answer: Answer
  readonly constraint: Constraint | null
}

/** The pieces of the answer; what is generated is counted as it comes, also when the client leaves in the middle. */
async function* generate({ model, prompt, request, exchange, constraint }: Turn) {
  const { engine, tally } = model
  let counted = 0
  tally.promptTokens += prompt.length
  try {
    for await (const piece of generateAnswer(engine, prompt, {
      request,
      signal: exchange.signal,
      constraint,
    })) {
      tally.completionTokens += piece.usage.completionTokens - counted
      counted = piece.usage.completionTokens
      yield piece
    }
  } finally {
    tally.answers += 1
  }
}

async function complete(turn: Turn): Promise<void> {
  let text = ''
  for await (const piece of generate(turn)) {
    text += piece.text
    const { usage, finishReason } = piece
    if (finishReason === null) continue
    sendJson(turn.exchange, 200, renderCompletion(turn.answer, { text, finishReason, usage }))
  }
}

/** The first chunk names the role, then come pieces of text, the reason of the end, the usage if wanted. */
async function stream(turn: Turn): Promise<void> {
  const { exchange, request, answer } = turn
  let isOpen = false
  for await (const { text, usage, finishReason } of generate(turn)) {
    const shown = request.includesRunningUsage ? usage : request.includesUsage ? null : undefined
    const chunk = (delta: { role?: 'assistant'; content?: string }, reason: typeof finishReason) =>
      renderChunk(answer, { delta, finishReason: reason, usage: shown })
    let events = isOpen ? '' : chunk({ role: 'assistant', content: '' }, null)
    if (text !== '') events += chunk({ content: text }, null)
    if (finishReason !== null) {
      events += chunk({}, finishReason)
      if (request.includesUsage) events += renderUsageChunk(answer, usage)
      events += STREAM_END
    }
    if (!isOpen) openStream(exchange)
    isOpen = true
    await write(exchange, events)
  }
  exchange.response.end()
}
