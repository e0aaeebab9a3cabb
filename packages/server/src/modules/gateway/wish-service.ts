/**
 * What a request may be routed by: what its project allows, and what it narrows itself, by the `provider` object of its
 * body or by a header. Nothing said here can widen anything: it is one more constraint that holds beside the others.
 */
import { type RouteConstraints, RoutePreference } from '@spillway/contract'
import type { Headers } from './credential.ts'
import type { ModelRequest } from './frame/dialect.ts'
import { parseJson } from './json.ts'
import { beginningOf, hashOf } from './prefix.ts'
import { invalidRequest, type Refusal } from './refusal.ts'
import type { Wish } from './route-choice.ts'
import type { Route } from './route.ts'

export interface Wishing {
  readonly route: Route
  readonly request: ModelRequest
  readonly headers: Headers
  readonly organizationId: string
  readonly projectId: string
  readonly project: RouteConstraints | undefined
  /** Asked only where rules may go by it. */
  readonly hourUtc: () => number
}

const PREFERENCE = 'x-spillway-route'
const TAGS = 'x-spillway-tags'
const TAGS_MAX = 16
/** More tries than this only add to a storm. */
export const ATTEMPTS_MAX = 3

/** Null where there is nothing to go by but the model's servers: nearly always. */
export function readWish(wishing: Wishing): Wish | Refusal | null {
  const { route, request, headers, project } = wishing
  const header = headers[PREFERENCE]
  const own = request.body['provider']
  const isSilent = header === undefined && (own === undefined || own === null)
  if (route.policy === null && project === undefined && isSilent) return null
  const said: RoutePreference[] = []
  for (const [name, value] of [
    [PREFERENCE, typeof header === 'string' ? (parseJson(header) ?? null) : undefined],
    ['provider', own ?? undefined],
  ] as const) {
    if (value === undefined) continue
    const parsed = RoutePreference.safeParse(value)
    if (!parsed.success) return wrongPreference(name, parsed.error.issues[0])
    said.push(parsed.data)
  }
  return toWish(wishing, said)
}

/** The request without what is said to us alone. */
export function withoutOurs(request: ModelRequest, { tier }: Route): ModelRequest {
  const { provider, service_tier: asked, ...body } = request.body
  if (provider === undefined && asked === undefined) return request
  return tier === 'priority' ? { ...request, body, isFirst: true } : { ...request, body }
}

function wrongPreference(
  param: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): Refusal {
  const at = [param, ...(issue?.path ?? [])].map(String).join('.')
  return invalidRequest(`Invalid '${at}': ${issue?.message ?? 'it is not understood'}.`, {
    param,
    code: 'invalid_value',
  })
}

function toWish(wishing: Wishing, said: readonly RoutePreference[]): Wish {
  const { route, request, headers, project } = wishing
  const { organizationId, projectId, hourUtc } = wishing
  const own = said.map(toConstraints)
  const document = route.policy?.document ?? null
  const isSingle = said.some((each) => each.allow_fallbacks === false)
  const { attemptsMax } = document?.retries ?? { attemptsMax: ATTEMPTS_MAX }
  return {
    kind: 'wish',
    facts: {
      ...{ organizationId, projectId, hourUtc: hourUtc(), needs: request.needs },
      isStream: request.isStream,
      prefix: prefixOf(document, request),
      tags: readTags(headers[TAGS]),
      inputTokens: Math.ceil(request.bodyBytes / 4),
    },
    said: own,
    constraints: [
      ...(document ? [document.constraints] : []),
      ...(project ? [project] : []),
      ...own,
    ],
    preference: preferenceOf(said),
    document,
    attemptsMax: isSingle ? 1 : attemptsMax,
  }
}

function prefixOf(document: Wish['document'], { body }: ModelRequest): number | null {
  const isWanted = document?.groups.some(({ objective }) => objective === 'prefix_affinity')
  return isWanted ? hashOf(beginningOf(body)) : null
}

/** The first that says something of it counts. */
function preferenceOf(said: readonly RoutePreference[]): Wish['preference'] {
  const order = said.find((each) => each.order !== undefined)?.order
  const sort = said.find((each) => each.sort !== undefined)?.sort
  return order === undefined && sort === undefined
    ? null
    : { ...(order ? { order } : {}), ...(sort ? { sort } : {}) }
}

function readTags(header: Headers[string]): readonly string[] {
  if (typeof header !== 'string') return []
  const tags = header.split(',').map((tag) => tag.trim())
  return tags.filter((tag) => tag !== '').slice(0, TAGS_MAX)
}

function toConstraints(said: RoutePreference): RouteConstraints {
  const { only, ignore, regions, data_collection: collection, max_price: max } = said
  return {
    ...(regions ? { regions } : {}),
    ...(only ? { providersOnly: only } : {}),
    ...(ignore ? { providersIgnored: ignore } : {}),
    ...(collection === 'deny' ? { dataPolicy: 'not_kept' as const } : {}),
    ...(max
      ? {
          maxPrice: {
            ...(max.prompt === undefined ? {} : { inputUsd: usd(max.prompt) }),
            ...(max.completion === undefined ? {} : { outputUsd: usd(max.completion) }),
          },
        }
      : {}),
  }
}

/** A number as it is written in decimals, at most six of them, rounded down so that nothing dearer is let in. */
function usd(value: string | number): string {
  return typeof value === 'string' ? value : (Math.floor(value * 1e6) / 1e6).toFixed(6)
}
