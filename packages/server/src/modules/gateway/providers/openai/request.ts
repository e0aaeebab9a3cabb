/**
 * The body for an OpenAI-compatible server. It is written anew from what was judged, never forwarded as received: a
 * repeated key could otherwise mean one thing to the admission and another to the model.
 */
import type { Json, ModelRequest } from '../../frame/dialect.ts'
import type { Ask } from '../../frame/provider.ts'
import type { Target } from '../../route.ts'

export const HEADERS = { 'content-type': 'application/json', accept: '*/*' }
const FIRST = { ...HEADERS, 'x-spillway-priority': 'first' }

/** Only our own replicas are told who comes first; others would take it for whatever it means to them. */
export function headersFor({ request, target }: Pick<Ask, 'request' | 'target'>) {
  return request.isFirst === true && target.kind === 'replica' ? FIRST : HEADERS
}

export function renderBody(
  chat: Json,
  { model, isStream }: Pick<ModelRequest, 'model' | 'isStream'>,
  { upstreamModel, kind }: Pick<Target, 'upstreamModel' | 'kind'>,
): string {
  if (!isStream)
    return JSON.stringify(model === upstreamModel ? chat : { ...chat, model: upstreamModel })
  return JSON.stringify({
    ...chat,
    model: upstreamModel,
    stream_options: {
      ...(chat['stream_options'] as object | null | undefined),
      include_usage: true,
      // Only our own replicas are known to understand it; others may refuse what they do not know.
      ...(kind === 'replica' ? { continuous_usage_stats: true } : {}),
    },
  })
}
