import { expect, test } from 'vitest'
import { readServerLoad } from './server-load.ts'

test.each([
  [
    'vLLM, its engines together',
    `# HELP vllm:num_requests_waiting Number of requests waiting.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="1",model_name="m"} 4.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.5`,
    { waiting: 7, kvUse: 0.5 },
  ],
  [
    'an older vLLM',
    'vllm:num_requests_waiting 1\nvllm:gpu_cache_usage_perc 0.9',
    { waiting: 1, kvUse: 0.9 },
  ],
  ['SGLang', 'sglang:num_queue_reqs{x="y"} 2\nsglang:token_usage 0.1', { waiting: 2, kvUse: 0.1 }],
  ['llama.cpp', 'llamacpp:requests_deferred 5', { waiting: 5, kvUse: 0 }],
  ['a server that says nothing of it', 'process_cpu_seconds_total 3', null],
  ['nonsense', '<html>{{{ vllm:num_requests_waiting', null],
  ['figures that are none', 'vllm:num_requests_waiting NaN\nvllm:kv_cache_usage_perc -1', null],
])('%s is read', (_, text, want) => {
  expect(readServerLoad(text)).toEqual(want)
})
