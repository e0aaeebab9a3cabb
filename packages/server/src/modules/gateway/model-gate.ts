/**
 * Which model a name stands for now, and whether a project may use it: aliases, access and retirement. Everything is a
 * look into tables that are in memory; where none of it is in use nothing is looked at. Pure.
 */
import { modelRetired, type Refusal, unknownModel } from './refusal.ts'
import type { ModelRetirement, ProjectAccess, Route } from './route.ts'

export interface Gate {
  readonly find: (model: string) => Route | null
  /** Undefined: its project may use every model. */
  readonly access: ProjectAccess | undefined
  readonly nowMs: () => number
}

/** Every rule holds by itself: another one can only narrow. */
export function allowsUse(access: ProjectAccess | undefined, { model }: Route): boolean {
  return access === undefined || access.every(({ isOnly, models }) => models.has(model) === isOnly)
}

export function isRetired({ retirement }: Route, nowMs: () => number): boolean {
  return retirement ? retirement.atMs <= nowMs() : false
}

/** Longer chains of successors than this are a mistake. */
const SUCCESSIONS_MAX = 8

/** Who answers in the place of a model that went; null where nobody does. */
function successorOf(route: Route, { find, nowMs }: Gate): Route | null {
  let current: Route | null = route
  for (let step = 0; step <= SUCCESSIONS_MAX && current !== null; step++) {
    if (!isRetired(current, nowMs)) return current
    const successor: string | null = current.retirement?.successor ?? null
    current = successor === null ? null : find(successor)
  }
  return null
}

/** What a name that was found stands for. A model that its project may not use is none. */
export function passGate(route: Route, asked: string, gate: Gate): Route | Refusal {
  if (!allowsUse(gate.access, route)) return unknownModel(asked)
  const { retirement } = route
  if (!retirement || !isRetired(route, gate.nowMs)) return route
  // Who asked by another name asked for whatever stands behind it.
  const next = asked === route.model ? null : successorOf(route, gate)
  if (next !== null && allowsUse(gate.access, next)) return next
  return modelRetired(asked, retirement)
}

/** Whether a model may answer where another one was asked for. */
export function mayStandIn(route: Route, { access, nowMs }: Gate): boolean {
  return allowsUse(access, route) && !isRetired(route, nowMs)
}

/** What an answer says beside itself: which model a name stood for, and when it goes. Null where there is nothing to say. */
export function noticeOf(
  { model, retirement }: Route,
  asked: string,
): Readonly<Record<string, string>> | null {
  const isRenamed = asked !== model
  if (!isRenamed && !retirement) return null
  return {
    ...(isRenamed ? { 'x-spillway-alias': asked, 'x-spillway-model': model } : null),
    ...(retirement ? retirement.headers : null),
  }
}

/** The headers that tell of it, made once for all answers. */
export function renderRetirementHeaders({
  announcedAt,
  retiresAt,
  successor,
}: {
  readonly announcedAt: Date
  readonly retiresAt: Date
  readonly successor: string | null
}): ModelRetirement['headers'] {
  return {
    // RFC 9745 and RFC 8594.
    deprecation: `@${Math.floor(announcedAt.getTime() / 1000)}`,
    sunset: retiresAt.toUTCString(),
    'x-spillway-model-retires': retiresAt.toISOString(),
    ...(successor === null ? null : { 'x-spillway-model-successor': successor }),
  }
}
