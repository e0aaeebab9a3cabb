/**
 * A one-time sign-in code in the address the reader arrived with, as the server prints it at start. It leaves the
 * address at once, so that it lands neither in the history nor in a copied link.
 */

export interface Arrival {
  readonly code: string | null
  /** The address without the code. */
  readonly address: string
}

export function readArrival(url: URL): Arrival {
  const fragment = new URLSearchParams(url.hash.replace(/^#/, ''))
  const code = fragment.get('code') ?? url.searchParams.get('code')
  if (code === null || code === '')
    return { code: null, address: url.pathname + url.search + url.hash }
  fragment.delete('code')
  url.searchParams.delete('code')
  const hash = fragment.size > 0 ? `#${fragment}` : ''
  return { code, address: url.pathname + url.search + hash }
}
