/**
 * The part of a lease that is written and never read back: sealed under the installation's pepper before it goes to the
 * database, and opened only to start an attempt, or to hide its values in what the command wrote.
 */
import { openText, sealText } from '#platform/sealed-text.ts'
import type { Hidden, Lease } from './lease.ts'

const PURPOSE = 'hidden parts of leases'

function mapValues({ environment }: Hidden, change: (value: string) => string): Hidden {
  const entries = Object.entries(environment)
  return { environment: Object.fromEntries(entries.map(([name, text]) => [name, change(text)])) }
}

/** Seals what a request hides; nothing is kept of what is not there. */
export function hide(pepper: string, hidden: Hidden): Pick<Lease, 'secretNames' | 'sealed'> {
  const secretNames = Object.keys(hidden.environment)
  if (secretNames.length === 0) return { secretNames, sealed: null }
  const sealed = mapValues(hidden, (text) => sealText(text, { pepper, purpose: PURPOSE }))
  return { secretNames, sealed }
}

export function openHidden(pepper: string, { sealed }: Pick<Lease, 'sealed'>): Hidden {
  if (sealed === null) return { environment: {} }
  return mapValues(sealed, (text) => openText(text, { pepper, purpose: PURPOSE }))
}
