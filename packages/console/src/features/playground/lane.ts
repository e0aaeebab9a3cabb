/** One model's side of a comparison: its request, its answer as it grows, and where that came from. Pure. */
import type { ChatMessage, ChatRequest } from '../models/chat-stream.ts'
import type { ChatTurn } from '../models/chat-turn.ts'

/** More are not to be read side by side. */
export const LANES_MAX = 3

/** What is asked of every model alike. */
export interface PlaygroundDraft {
  readonly prompt: string
  readonly system: string
  readonly maxTokens: string
  readonly temperature: string
  readonly topP: string
  readonly seed: string
}

export const EMPTY_DRAFT: PlaygroundDraft = {
  ...{ prompt: '', system: '', maxTokens: '300', temperature: '0.7', topP: '', seed: '' },
}

export interface Lane {
  readonly model: string
  /** By which its charge is found again. */
  readonly taskId: string
  readonly request: ChatRequest
  readonly turn: ChatTurn
  readonly origin: Origin | null
  readonly error: unknown
}

/** Where an answer came from, as the gateway tells every client. */
export interface Origin {
  readonly requestId: string | null
  readonly provider: string | null
  readonly region: string | null
  readonly reason: string | null
  readonly attempts: number
  readonly routeVersion: number
  /** Another model that answered in its stead. */
  readonly servedModel: string | null
}

const DEFAULT_TOKENS = 300

function numberOf(text: string): number | null {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

export function requestOf(model: string, draft: PlaygroundDraft): ChatRequest {
  const system = draft.system.trim()
  const opening: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }]
  const [topP, seed] = [numberOf(draft.topP), numberOf(draft.seed)]
  return {
    model,
    messages: [...opening, { role: 'user', content: draft.prompt.trim() }],
    maxTokens: numberOf(draft.maxTokens) ?? DEFAULT_TOKENS,
    temperature: numberOf(draft.temperature) ?? 0,
    ...(topP === null ? {} : { topP }),
    ...(seed === null ? {} : { seed }),
  }
}

export function readOrigin(headers: Headers): Origin {
  const own = (name: string) => headers.get(`x-spillway-${name}`)
  return {
    requestId: headers.get('x-request-id'),
    ...{ provider: own('provider'), region: own('region'), reason: own('reason') },
    attempts: Number(own('attempts') ?? 1),
    routeVersion: Number(own('route-version') ?? 0),
    servedModel: own('model'),
  }
}

const REASONS: Readonly<Record<string, string>> = {
  only_one: 'the only server that may answer',
  least_busy: 'the least busy server',
  weighted: 'by weight',
  cheapest: 'the cheapest server',
  fastest: 'the fastest server',
  prefix: 'its cache has the beginning',
  preferred: 'as preferred',
  hedge: 'another was slow to begin',
  failed_lately: 'all failed lately, tried anyway',
}

/** Such as “own, us-east · the least busy server of group night”. */
export function originWords({ provider, region, reason, attempts, routeVersion }: Origin): string {
  const [why = '', group] = (reason ?? '').split('; group=')
  const place = [provider, region === 'unknown' ? null : region].filter(Boolean).join(', ')
  const because = `${REASONS[why] ?? why}${group === undefined ? '' : ` of group ${group}`}`
  return [
    place,
    because,
    attempts > 1 ? `${attempts} servers tried` : '',
    routeVersion > 0 ? `route v${routeVersion}` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

/** The models of an address, those that there are, each once. */
export function chosenModels(
  text: string | undefined,
  models: readonly { readonly id: string; readonly isEmbedding: boolean; readonly state: string }[],
): readonly string[] {
  const able = models.filter(({ isEmbedding }) => !isEmbedding)
  const named = [...new Set(text?.split(',') ?? [])].filter((name) =>
    able.some(({ id }) => id === name),
  )
  if (named.length > 0) return named.slice(0, LANES_MAX)
  const first = able.find(({ state }) => state === 'ready') ?? able[0]
  return first === undefined ? [] : [first.id]
}
