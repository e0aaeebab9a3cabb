/**
 * A program that stands for vLLM or SGLang where there is no GPU: takes their words, listens on the port it is told, and
 * has their surface over real HTTP: health, models, chat with a count of what came from its cache, and metrics under their
 * names. It loads until a file is there, and its words mean nothing.
 */
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

type Engine = 'vllm' | 'sglang'

const words = process.argv.slice(2)
const engine = words[0] as Engine
const valueOf = (flag: string): string => words[words.indexOf(flag) + 1] ?? ''
const model = valueOf('--served-model-name')
const gate = valueOf('--load-when')
const tells = words.includes(
  engine === 'vllm' ? '--enable-prompt-tokens-details' : '--enable-cache-report',
)

const tally = { running: 0, waiting: 0, prompt: 0, generated: 0 }
/** Prompts that were read before: their tokens come from the cache. */
const seen = new Set<string>()
const isLoaded = () => gate === '' || existsSync(gate)

function send(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(json))
}

const NAMES: Readonly<Record<Engine, Readonly<Record<string, string>>>> = {
  vllm: {
    ...{ running: 'vllm:num_requests_running', waiting: 'vllm:num_requests_waiting' },
    ...{ cache: 'vllm:kv_cache_usage_perc', prompt: 'vllm:prompt_tokens_total' },
    generated: 'vllm:generation_tokens_total',
  },
  sglang: {
    ...{ running: 'sglang:num_running_reqs', waiting: 'sglang:num_queue_reqs' },
    ...{ cache: 'sglang:token_usage', prompt: 'sglang:prompt_tokens_total' },
    generated: 'sglang:generation_tokens_total',
  },
}

function metrics(): string {
  const label = engine === 'vllm' ? `{engine="0",model_name="${model}"}` : `{model_name="${model}"}`
  const figures = { ...tally, cache: tally.running / 10 }
  return Object.entries(NAMES[engine])
    .map(([name, metric]) => {
      const figure = figures[name as keyof typeof figures].toFixed(1)
      return `# TYPE ${metric} gauge\n${metric}${label} ${figure}\n`
    })
    .join('')
}

async function readBody(request: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as {
    model: string
    stream?: boolean
    max_tokens?: number
    messages: readonly { readonly content: string }[]
  }
}

async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request)
  if (body.model !== model) {
    const message = `The model \`${body.model}\` does not exist.`
    return send(response, 404, { object: 'error', message, type: 'NotFoundError', code: 404 })
  }
  const prompt = JSON.stringify(body.messages)
  const promptTokens = 20
  const cached = seen.has(prompt) ? 16 : 0
  seen.add(prompt)
  const tokens = body.max_tokens ?? 4
  const details = tells ? { prompt_tokens_details: { cached_tokens: cached } } : {}
  const usageOf = (written: number) => ({
    ...{ prompt_tokens: promptTokens, completion_tokens: written },
    ...{ total_tokens: promptTokens + written, ...details },
  })
  tally.running += 1
  tally.prompt += promptTokens
  const head = { id: 'chatcmpl-1', created: 1, model }
  const text = Array.from({ length: tokens }, (_, at) => `w${at} `)
  if (body.stream !== true) {
    tally.generated += tokens
    tally.running -= 1
    const message = { role: 'assistant', content: text.join('') }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    return send(response, 200, {
      ...head,
      object: 'chat.completion',
      choices,
      usage: usageOf(tokens),
    })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const chunk = (delta: object, finish: string | null, written: number) => {
    const choices = [{ index: 0, delta, finish_reason: finish }]
    const usage = usageOf(written)
    return `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, usage })}\n\n`
  }
  for (const [at, content] of text.entries()) {
    if (response.destroyed) break
    response.write(chunk({ content }, null, at + 1))
    tally.generated += 1
    await pause(50)
  }
  tally.running -= 1
  const last = { ...head, object: 'chat.completion.chunk', choices: [], usage: usageOf(tokens) }
  response.write(chunk({}, 'stop', tokens))
  response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`)
}

const server = createServer((request, response) => {
  const { url = '' } = request
  // vLLM listens only once it has loaded; SGLang listens before, and says that it is not well.
  if (url === '/health') return void response.writeHead(isLoaded() ? 200 : 503).end()
  if (url === '/v1/models') {
    const data = isLoaded() ? [{ id: model, object: 'model', owned_by: engine }] : []
    return send(response, 200, { object: 'list', data })
  }
  if (url === '/metrics') return void response.end(metrics())
  if (url === '/v1/chat/completions') return void chat(request, response)
  send(response, 404, { detail: 'Not Found' })
})

// On any signal they end at once, whatever is under way.
process.once('SIGTERM', () => process.exit(0))
if (engine === 'vllm') while (!isLoaded()) await pause(20)
server.listen(Number(valueOf('--port')), '127.0.0.1')
