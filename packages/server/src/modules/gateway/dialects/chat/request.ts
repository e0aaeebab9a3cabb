/** A chat completion request, judged. No I/O. */
import type { ModelRequest } from '../../frame/dialect.ts'
import { isObject, parseBody } from '../../json.ts'
import { invalidRequest, malformedJson, type Refusal } from '../../refusal.ts'
import { judgeField, judgeFields, missingParameter, wrongType } from '../field-rules.ts'
import { hasOpaqueInput, judgeMessages } from './messages.ts'

export function judgeStreamOptions(body: Readonly<Record<string, unknown>>): Refusal | null {
  const options = body['stream_options']
  if (!isObject(options)) return null
  if (body['stream'] !== true)
    return invalidRequest(
      `The 'stream_options' parameter is only allowed when 'stream' is enabled.`,
      { param: 'stream_options' },
    )
  const rule = { type: 'boolean' } as const
  return (
    judgeField('stream_options.include_usage', rule, options['include_usage']) ??
    judgeField('stream_options.continuous_usage_stats', rule, options['continuous_usage_stats'])
  )
}

/** Two fields may bound the output; which one counts is the server's choice, so the larger is assumed. */
function readOutputTokensMax(body: Readonly<Record<string, unknown>>): number | null {
  const bounds = [body['max_tokens'], body['max_completion_tokens']].filter(
    (value) => typeof value === 'number',
  )
  return bounds.length === 0 ? null : Math.max(...bounds)
}

function judge(body: unknown): Refusal | null {
  if (!isObject(body)) return malformedJson()
  const model = body['model']
  if (model === undefined || model === '') return missingParameter('model')
  if (typeof model !== 'string') return wrongType('model', 'a string', model)
  return judgeMessages(body['messages']) ?? judgeFields(body) ?? judgeStreamOptions(body)
}

/** Reads the body of `POST /v1/chat/completions`. */
export function parseChatRequest(bytes: Uint8Array): ModelRequest | Refusal {
  const parsed = parseBody(bytes)
  const refused = judge(parsed)
  if (refused) return refused
  const body = parsed as Record<string, unknown>
  const isOpaque = hasOpaqueInput(body['messages'] as [])
  const options = body['stream_options'] as Record<string, unknown> | undefined | null
  return {
    kind: 'request',
    model: body['model'] as string,
    isStream: body['stream'] === true,
    wantsUsage: options?.['include_usage'] === true,
    wantsContinuousUsage: options?.['continuous_usage_stats'] === true,
    outputTokensMax: readOutputTokensMax(body),
    choices: (body['n'] as number | null | undefined) ?? 1,
    bodyBytes: bytes.length,
    hasOpaqueInput: isOpaque,
    needs: {
      tools: Array.isArray(body['tools']) && body['tools'].length > 0,
      images: isOpaque,
      tier: typeof body['service_tier'] === 'string' ? body['service_tier'] : null,
    },
    body,
  }
}
