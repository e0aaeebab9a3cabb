/** `spillway chat`: one question, or a conversation at the terminal. */
import type { Model } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { renderBill } from '../chat/bill.ts'
import { chooseModel } from '../chat/choose-model.ts'
import {
  complete,
  partsOf,
  stream,
  type ChatConnection,
  type ChatPart,
  type ChatRequest,
  type Message,
  type TokenUsage,
} from '../chat/completion.ts'
import { addCommand, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import { renderFailure } from '../output/failure.ts'
import { toProse } from '../output/text.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { createTransport } from '../transport.ts'

interface ChatOptions {
  readonly model?: string
  readonly maxTokens?: number
  readonly system?: string
  /** Commander stores `--no-stream` as `stream: false`. */
  readonly stream: boolean
}

/** A model may think for long before its first word. */
const HEADERS_TIMEOUT_MS = 600_000

export function addChatCommand(program: Command, context: Context): void {
  addCommand<ChatOptions>(program, context, {
    usage: 'chat',
    summary: 'Talk to a hosted model',
    details:
      'Without a prompt it reads one from a pipe or, at a terminal, starts a conversation. The answer goes to ' +
      'stdout, what it used and cost to stderr. With --json the whole answer is one document.',
    example: 'spillway chat "What is a spot lease?" --max-tokens 100',
    persona: 'demo',
    arguments: [new Argument('[prompt...]', 'what to say')],
    options: [
      new Option('-m, --model <name>', 'which model; default: the first that is ready'),
      new Option('--max-tokens <n>', 'the longest answer').argParser(
        wholeNumber({ least: 1, most: 10_000_000 }),
      ),
      new Option('--system <text>', 'instructions in front of the conversation'),
      new Option('--no-stream', 'wait for the whole answer'),
    ],
    run: chat,
  })
}

interface Conversation {
  readonly connection: ChatConnection
  readonly model: Pick<Model, 'id' | 'price'>
  readonly messages: Message[]
}

async function chat(call: Call<ChatOptions>): Promise<number | void> {
  const { surroundings, options } = call
  const given = call.rest.join(' ')
  const isTalk = given === '' && surroundings.isStdinTty
  if (isTalk && call.isJson)
    throw usageFailure('--json needs a prompt.', 'Write one: spillway chat --json "Hello"')
  const prompt = given === '' && !isTalk ? await surroundings.readStdin() : given
  if (!isTalk && prompt.trim() === '')
    throw usageFailure('There is nothing to say.', 'Write a prompt: spillway chat "Hello"')
  const { url, key } = call.connection()
  const transport = createTransport({
    fetch: surroundings.fetch,
    url,
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
  })
  const conversation: Conversation = {
    connection: { fetch: transport, url, key },
    model: await findModel(call),
    messages: options.system === undefined ? [] : [{ role: 'system', content: options.system }],
  }
  if (isTalk) return talk(call, conversation)
  conversation.messages.push({ role: 'user', content: prompt })
  const stop = new AbortController()
  await answer(call, conversation, stop.signal)
}

/** A named model is asked for even where the catalog does not have it: the gateway says what is wrong. */
async function findModel(call: Call<ChatOptions>): Promise<Pick<Model, 'id' | 'price'>> {
  const { items } = await call.client().listModels()
  const named = call.options.model
  if (named !== undefined)
    return items.find((model) => model.id === named) ?? { id: named, price: UNKNOWN_PRICE }
  const choice = chooseModel(items)
  if (choice.kind === 'none')
    throw new Failure(choice.text, { remedy: 'See `spillway model list`.', exitCode: EXIT.refused })
  return choice.model
}

/** Not a price: the bill then names tokens only. */
const UNKNOWN_PRICE: Model['price'] = {
  input: { amountUsd: '', per: '', unit: 'token' },
  output: { amountUsd: '', per: '', unit: 'token' },
}

/** Asks once, shows the answer and its bill, and returns what was said. */
async function answer(
  call: Call<ChatOptions>,
  { connection, model, messages }: Conversation,
  signal: AbortSignal,
): Promise<string> {
  const { output, surroundings, options, isJson } = call
  const { maxTokens } = options
  const request: ChatRequest = {
    model: model.id,
    messages,
    ...(maxTokens === undefined ? {} : { maxTokens }),
  }
  const startMs = surroundings.nowMs()
  output.progress(`${model.id} is thinking`)
  let said = ''
  let usage: TokenUsage | null = null
  let reason = ''
  for await (const part of parts(call, { connection, request, signal })) {
    output.progress(null)
    if (part.kind === 'usage') usage = part.usage
    if (part.kind === 'finish') reason = part.reason
    if (part.kind !== 'text') continue
    said += part.text
    if (!isJson) await output.write(output.isTty ? toProse(part.text) : part.text)
  }
  output.progress(null)
  if (!isJson && !said.endsWith('\n')) await output.write('\n')
  const bill = renderBill({ model, usage, elapsedMs: surroundings.nowMs() - startMs })
  await output.note(
    output.notePaint('dim', reason === 'length' ? `${bill}; cut at its limit of tokens` : bill),
  )
  return said
}

interface Asking {
  readonly connection: ChatConnection
  readonly request: ChatRequest
  readonly signal: AbortSignal
}

async function* parts(
  { isJson, options, output }: Call<ChatOptions>,
  { connection, request, signal }: Asking,
): AsyncGenerator<ChatPart> {
  if (options.stream && !isJson) {
    yield* stream(connection, request, signal)
    return
  }
  const document = await complete(connection, request, signal)
  output.progress(null)
  if (isJson) await output.printDocument(document)
  yield* partsOf(document)
}

const TALK_HELP = 'Ctrl-C stops an answer, /new forgets what was said, Ctrl-D leaves.'

/** A conversation at the terminal. A refused question is forgotten, and the talk goes on. */
async function talk(call: Call<ChatOptions>, conversation: Conversation): Promise<void> {
  const { output, surroundings } = call
  const { messages } = conversation
  const beginning = messages.length
  await output.note(output.notePaint('dim', `Talking to ${conversation.model.id}. ${TALK_HELP}`))
  for (;;) {
    const line = (await surroundings.ask(output.notePaint('bold', '> ')))?.trim() ?? null
    if (line === null || line === '/exit' || line === '/quit') return
    if (line === '/new') messages.length = beginning
    if (line === '' || line === '/new') continue
    messages.push({ role: 'user', content: line })
    const said = await tryAnswer(call, conversation)
    if (said === null) messages.pop()
    else messages.push({ role: 'assistant', content: said })
  }
}

async function tryAnswer(
  call: Call<ChatOptions>,
  conversation: Conversation,
): Promise<string | null> {
  const { output, surroundings } = call
  const stop = new AbortController()
  const stopListening = surroundings.onInterrupt(() => stop.abort())
  try {
    return await answer(call, conversation, stop.signal)
  } catch (error) {
    output.progress(null)
    await output.note(
      stop.signal.aborted
        ? output.notePaint('dim', 'stopped')
        : renderFailure(error, output.notePaint).text,
    )
    return null
  } finally {
    stopListening()
  }
}
