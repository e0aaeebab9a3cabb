/** How a server is asked for a client of a dialect: in that very dialect where it speaks it, else in its own. */
import type { DialectName } from './dialect.ts'
import type { Provider, Wire } from './provider.ts'

export function wireOf(provider: Provider, dialect: DialectName): Wire {
  return provider.dialect === dialect ? provider : (provider.further?.[dialect] ?? provider)
}

/** Whether the server's own words may pass. */
export function isNative(provider: Provider, dialect: DialectName): boolean {
  return provider.dialect === dialect || provider.further?.[dialect] !== undefined
}
