/**
 * The part of a lease that is written and never read back: sealed under the installation's pepper before it goes to the
 * database, and opened only to start an attempt, or to hide its values in what the command wrote.
 */
import { openText, sealText } from '#platform/sealed-text.ts'
import type { Lease } from './lease.ts'

export interface Hidden {
  readonly environment: Readonly<Record<string, string>>
}

const PURPOSE = 'hidden parts of leases'

/** Seals what a request hides; nothing is kept of what is not there. */
export function hide(pepper: string, hidden: Hidden): Pick<Lease, 'secretNames' | 'sealed'> {
  const secretNames = Object.keys(hidden.environment)
  if (secretNames.length === 0) return { secretNames, sealed: null }
  return { secretNames, sealed: sealText(JSON.stringify(hidden), { pepper, purpose: PURPOSE }) }
}

export function openHidden(pepper: string, { sealed }: Pick<Lease, 'sealed'>): Hidden {
  if (sealed === null) return { environment: {} }
  return JSON.parse(openText(sealed, { pepper, purpose: PURPOSE })) as Hidden
}
