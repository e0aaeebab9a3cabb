/** Assertions for states that cannot happen. A failed one is a defect: the request answers 500 and an alert fires. */

export class Defect extends Error {
  override readonly name = 'Defect'
}

/** Throws a `Defect` when `condition` is false. */
export function assert(condition: unknown, message = 'assertion failed'): asserts condition {
  if (!condition) throw new Defect(message)
}

/** Narrows away `null` and `undefined`, for values an invariant guarantees. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Defect(`${what} is missing`)
  return value
}
