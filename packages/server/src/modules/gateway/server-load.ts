/** What servers of models say of their load, in the text that Prometheus reads: vLLM, SGLang, llama.cpp. Pure. */

export interface ServerLoad {
  /** Requests that wait there for room. */
  readonly waiting: number
  /** Of its memory for keys and values, from 0 to 1. */
  readonly kvUse: number
  /** Places that nobody has, where it counts them. */
  readonly free?: number
}

/** By name, of whichever server; older names are still spoken. */
const WAITING = new Set([
  'vllm:num_requests_waiting',
  'sglang:num_queue_reqs',
  'llamacpp:requests_deferred',
  'spillway:requests_waiting',
])
const FREE = 'spillway:places_free'
const KV_USE = new Set([
  'vllm:kv_cache_usage_perc',
  'vllm:gpu_cache_usage_perc',
  'sglang:token_usage',
  'llamacpp:kv_cache_usage_ratio',
])

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+([^\s]+)/

/** Null where none of the figures is there. Engines of one server are summed, and the fullest memory counts. */
export function readServerLoad(text: string): ServerLoad | null {
  let waiting: number | null = null
  let kvUse: number | null = null
  let free: number | null = null
  for (const line of text.split('\n')) {
    const [, name = '', figure = ''] = LINE.exec(line) ?? []
    const value = Number(figure)
    if (!Number.isFinite(value) || value < 0) continue
    if (WAITING.has(name)) waiting = (waiting ?? 0) + value
    if (name === FREE) free = (free ?? 0) + value
    if (KV_USE.has(name)) kvUse = Math.max(kvUse ?? 0, Math.min(1, value))
  }
  if (waiting === null && kvUse === null) return null
  const load = { waiting: waiting ?? 0, kvUse: kvUse ?? 0 }
  return free === null ? load : { ...load, free }
}
