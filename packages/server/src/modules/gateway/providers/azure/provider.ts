/**
 * Azure's OpenAI: OpenAI's dialect, with the deployment in the path and a dated version beside it. The address is that of
 * the resource, such as https://NAME.openai.azure.com. What is said in answer is read as OpenAI's is.
 */
import type { Ask, Provider, UpstreamRequest, Wire } from '../../frame/provider.ts'
import type { Refusal } from '../../refusal.ts'
import { openai } from '../openai/provider.ts'

/** The latest of its dated versions that is no preview. */
const VERSION = '2024-10-21'

function place(request: UpstreamRequest | Refusal, { target }: Ask): UpstreamRequest | Refusal {
  if (!('path' in request)) return request
  const deployment = encodeURIComponent(target.upstreamModel)
  const path = `/openai/deployments/${deployment}${request.path}?api-version=${VERSION}`
  return { ...request, path }
}

const placed = (wire: Wire): Wire => ({
  ...wire,
  renderRequest: (ask) => place(wire.renderRequest(ask), ask),
})

/** A token of its directory is a JWT, which begins as all of them do; anything else is a key of the resource. */
const IS_TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/

export const azure: Provider = {
  ...openai,
  renderRequest: (ask) => place(openai.renderRequest(ask), ask),
  further: Object.fromEntries(
    Object.entries(openai.further ?? {}).map(([name, wire]) => [name, placed(wire)]),
  ),
  renderCount: () => null,
  readCount: () => null,
  renderCredential: (credential): Readonly<Record<string, string>> =>
    IS_TOKEN.test(credential)
      ? { authorization: `Bearer ${credential}` }
      : { 'api-key': credential },
}
