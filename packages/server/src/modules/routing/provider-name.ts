/** Whose server it is, as routes, clients and records name it. An address within a network of ours is told to nobody. */

const IS_NUMERIC = /^[\d.]+$|^\[/

/** `own` for a replica, a host of the public internet, or `private`. */
export function providerNameOf({
  kind,
  url,
}: {
  readonly kind: 'replica' | 'upstream'
  readonly url: string
}): string {
  if (kind === 'replica') return 'own'
  if (!URL.canParse(url)) return 'private'
  const { protocol, hostname } = new URL(url)
  const isPublic = protocol === 'https:' && hostname.includes('.') && !IS_NUMERIC.test(hostname)
  return isPublic && !/\.(local|internal|lan)$/.test(hostname) ? hostname : 'private'
}
