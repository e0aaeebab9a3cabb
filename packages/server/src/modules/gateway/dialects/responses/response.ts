/** The response object: what was asked, and what is known of the answer so far. */
import type { Quantities } from '../../charge.ts'
import type { FinishReason } from '../../frame/answer-event.ts'
import type { AnswerContext, Json } from '../../frame/dialect.ts'
import { isObject } from '../../json.ts'
import type { Refusal } from '../../refusal.ts'
import { renderUsage } from './usage.ts'

export interface Standing {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly output: readonly Json[]
  readonly used: Quantities | null
  readonly reason?: FinishReason
  readonly failure?: Refusal
}

/** Why an answer is a part only. */
const INCOMPLETE: Partial<Readonly<Record<FinishReason, string>>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

export function statusOf(reason: FinishReason): 'completed' | 'incomplete' {
  return INCOMPLETE[reason] === undefined ? 'completed' : 'incomplete'
}

/** What the client asked, as it is shown again. */
function renderAsked(body: Json): Json {
  const text = isObject(body['text']) ? body['text'] : {}
  const reasoning = isObject(body['reasoning']) ? body['reasoning'] : {}
  return {
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    max_tool_calls: body['max_tool_calls'] ?? null,
    metadata: body['metadata'] ?? {},
    parallel_tool_calls: body['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    prompt_cache_key: body['prompt_cache_key'] ?? null,
    reasoning: { effort: reasoning['effort'] ?? null, summary: reasoning['summary'] ?? null },
    safety_identifier: body['safety_identifier'] ?? null,
    store: false,
    temperature: body['temperature'] ?? null,
    text: { ...text, format: text['format'] ?? { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_logprobs: body['top_logprobs'] ?? 0,
    top_p: body['top_p'] ?? null,
    truncation: 'disabled',
    user: body['user'] ?? null,
  }
}

export function renderResponse(
  { id, createdS, model, request, tier }: AnswerContext,
  { status, output, used, reason = 'stop', failure }: Standing,
): Json {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: createdS,
    status,
    background: false,
    error: failure ? { code: 'server_error', message: failure.error.message } : null,
    incomplete_details: status === 'incomplete' ? { reason: INCOMPLETE[reason] } : null,
    model,
    output,
    ...renderAsked(request.body),
    service_tier: tier ?? 'default',
    usage: used === null ? null : renderUsage(used),
  }
}
