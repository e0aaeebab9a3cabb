/** Callers who ask for the same thing while it is being done share the one doing and its outcome. */

export type Sharing<Result> = (key: string, work: () => Promise<Result>) => Promise<Result>

export function createSharing<Result>(): Sharing<Result> {
  const underWay = new Map<string, Promise<Result>>()
  return (key, work) => {
    const shared = underWay.get(key)
    if (shared !== undefined) return shared
    const own = work().finally(() => underWay.delete(key))
    underWay.set(key, own)
    return own
  }
}
