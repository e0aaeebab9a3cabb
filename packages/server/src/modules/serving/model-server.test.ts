/** How vLLM and SGLang are started, and what their metrics say. */
import { expect, test } from 'vitest'
import { type ModelServer, readActivity, renderServerCommand } from './model-server.ts'

const server: ModelServer = {
  ...{ engine: 'vllm', gpus: 4, command: null, arguments: ['--dtype', 'bfloat16'] },
  ...{ requestsAtOnce: 64, readyWithinMs: 1000 },
}
const launch = { server, model: 'llama', weights: 'org/llama 70b', contextTokens: 8192 }

test('an engine is told the model, its name for buyers, its GPUs and bounds, and last its port', () => {
  const vllm = renderServerCommand(launch)
  expect(vllm.slice(0, 7)).toEqual([
    ...['/bin/sh', '-c', 'exec "$@" --port "$SPILLWAY_PORT"', 'sh'],
    ...['vllm', 'serve', 'org/llama 70b'],
  ])
  const words = vllm.join(' ')
  expect(words).toContain('--served-model-name llama')
  expect(words).toContain('--tensor-parallel-size 4')
  expect(words).toContain('--max-model-len 8192 --max-num-seqs 64')
  expect(words.endsWith('--enable-prompt-tokens-details --dtype bfloat16')).toBe(true)
  const sglang = renderServerCommand({ ...launch, server: { ...server, engine: 'sglang' } })
  expect(sglang.slice(4).join(' ')).toBe(
    'python3 -m sglang.launch_server --model-path org/llama 70b --served-model-name llama --host 127.0.0.1 --tp 4 --context-length 8192 --max-running-requests 64 --enable-metrics --enable-cache-report --dtype bfloat16',
  )
  const own = renderServerCommand({ ...launch, server: { ...server, command: ['/opt/vllm'] } })
  expect(own[4]).toBe('/opt/vllm')
})

test('what engines say of themselves is read by the names that they have for it, summed over engines', () => {
  expect(
    readActivity(`# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 1.0
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:prompt_tokens_total{engine="0",model_name="m"} 100.0
vllm:generation_tokens_total{engine="0",model_name="m"} 1.5e+01
vllm:generation_tokens_total{engine="1",model_name="m"} NaN
`),
  ).toEqual({ running: 4, waiting: 2, tokens: 115 })
  expect(
    readActivity(`sglang:num_running_reqs{model_name="m"} 0.0
sglang:num_queue_reqs{model_name="m"} 0.0
sglang:prompt_tokens_total{model_name="m"} 8.0
sglang:generation_tokens_total{model_name="m"} 7.0`),
  ).toEqual({ running: 0, waiting: 0, tokens: 15 })
  // Silence is not idleness.
  expect(readActivity('')).toBeNull()
  expect(readActivity('vllm:num_requests_waiting 0')).toBeNull()
})
