/** Promises that were sold, and what became of them; with those that would have been. Pure. */

/** Spot that was sold with a guarantee whose time is over, or was cut short. */
export interface SoldPromise {
  readonly pool: string
  readonly hours: number
  /** When its time began. */
  readonly beganAt: Date
  /** When it was over, or broken. */
  readonly endedAt: Date
  readonly isBroken: boolean
}

/** What is known beyond the market of the promises that it makes. */
export interface PromiseMeasures<Db> {
  /** Those that came to their end since an instant. */
  readonly listPromises: (db: Db, since: Date) => Promise<readonly SoldPromise[]>
  /** By pool, how long the first of those who wait for a promise has waited. */
  readonly headWaitsMs: (db: Db, now: Date) => Promise<ReadonlyMap<string, number>>
}

/** Of promises that were made in an hour for so many hours, the pools on which one broke. */
export function brokenIn(
  promises: readonly SoldPromise[],
  { hourMs, hours }: { readonly hourMs: number; readonly hours: number },
): ReadonlySet<string> {
  const made = promises.filter(
    (each) =>
      each.hours === hours &&
      each.beganAt.getTime() >= hourMs &&
      each.beganAt.getTime() < hourMs + 3_600_000,
  )
  return new Set(made.filter(({ isBroken }) => isBroken).map(({ pool }) => pool))
}
