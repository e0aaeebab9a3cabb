/**
 * A server of somebody else's making that runs in a replica's lease: how vLLM and SGLang are started, and what they say
 * of themselves. Pure. The weights are the engine's to load; Spillway tells it their name.
 */

export interface ModelServer {
  readonly engine: 'vllm' | 'sglang'
  /** Slots that a replica takes, over which the engine spreads the model. */
  readonly gpus: number
  /** How the engine is started here; null: as its makers say. */
  readonly command: readonly string[] | null
  /** What the operator tells it beside. */
  readonly arguments: readonly string[]
  readonly requestsAtOnce: number
  readonly readyWithinMs: number
}

export interface ServerLaunch {
  readonly server: ModelServer
  /** The name that buyers use. */
  readonly model: string
  readonly weights: string
  readonly contextTokens: number
}

function vllmWords({ server, model, weights, contextTokens }: ServerLaunch): readonly string[] {
  return [
    ...(server.command ?? ['vllm', 'serve']),
    weights,
    ...['--served-model-name', model],
    ...['--host', '127.0.0.1'],
    ...['--tensor-parallel-size', String(server.gpus)],
    ...['--max-model-len', String(contextTokens)],
    ...['--max-num-seqs', String(server.requestsAtOnce)],
    // Without it nobody is told which tokens came from its cache.
    '--enable-prompt-tokens-details',
  ]
}

function sglangWords({ server, model, weights, contextTokens }: ServerLaunch): readonly string[] {
  return [
    ...(server.command ?? ['python3', '-m', 'sglang.launch_server']),
    ...['--model-path', weights],
    ...['--served-model-name', model],
    ...['--host', '127.0.0.1'],
    ...['--tp', String(server.gpus)],
    ...['--context-length', String(contextTokens)],
    ...['--max-running-requests', String(server.requestsAtOnce)],
    // Without them it says neither how busy it is nor which tokens came from its cache.
    ...['--enable-metrics', '--enable-cache-report'],
  ]
}

/** Its port is picked where it runs: a shell that is only there for that puts it at the end, and is replaced. */
const WITH_PORT = ['/bin/sh', '-c', 'exec "$@" --port "$SPILLWAY_PORT"', 'sh'] as const

export function renderServerCommand(launch: ServerLaunch): readonly string[] {
  const words = launch.server.engine === 'vllm' ? vllmWords(launch) : sglangWords(launch)
  return [...WITH_PORT, ...words, ...launch.server.arguments]
}

/** What an engine says of itself. */
export interface ServerActivity {
  readonly running: number
  readonly waiting: number
  /** Read and written since it started. */
  readonly tokens: number
}

const RUNNING = new Set(['vllm:num_requests_running', 'sglang:num_running_reqs'])
const WAITING = new Set(['vllm:num_requests_waiting', 'sglang:num_queue_reqs'])
const TOKENS = new Set([
  ...['vllm:prompt_tokens_total', 'vllm:generation_tokens_total'],
  ...['sglang:prompt_tokens_total', 'sglang:generation_tokens_total'],
])

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+([^\s]+)/

/** Reads the text that Prometheus reads; engines of one server are summed. Null: it does not say how busy it is. */
export function readActivity(text: string): ServerActivity | null {
  let [running, waiting, tokens] = [null as number | null, 0, 0]
  for (const line of text.split('\n')) {
    const [, name = '', figure = ''] = LINE.exec(line) ?? []
    const value = Number(figure)
    if (!Number.isFinite(value) || value < 0) continue
    if (RUNNING.has(name)) running = (running ?? 0) + value
    if (WAITING.has(name)) waiting += value
    if (TOKENS.has(name)) tokens += value
  }
  return running === null ? null : { running, waiting, tokens }
}
