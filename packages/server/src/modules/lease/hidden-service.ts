/**
 * The part of a lease that is written and never read back: sealed under the installation's pepper before it goes to the
 * database, and opened only to start an attempt, or to hide its values in what the command wrote. Addresses of files
 * are part of it, because whoever has a presigned one needs nothing else.
 */
import { openText, sealText } from '#platform/sealed-text.ts'
import type { FileTerms, Hidden, HiddenTransfer, Lease } from './lease.ts'

const PURPOSE = 'hidden parts of leases'

export interface PrivateWork extends Hidden {
  readonly artifactsBytesMax: number
}

function mapValues(hidden: Hidden, change: (value: string) => string): Hidden {
  const variables = Object.entries(hidden.environment)
  const transfers = (list: readonly HiddenTransfer[]) =>
    list.map((each) => ({ ...each, url: change(each.url) }))
  return {
    environment: Object.fromEntries(variables.map(([name, text]) => [name, change(text)])),
    inputs: transfers(hidden.inputs),
    outputs: transfers(hidden.outputs),
  }
}

function hostOf(url: string): string {
  return url.startsWith('data:') ? 'the request' : new URL(url).host
}

function tell(list: readonly HiddenTransfer[]): FileTerms['inputs'] {
  return list.map(({ path, url }) => ({ path, host: hostOf(url) }))
}

export type HiddenPart = Pick<Lease, 'secretNames' | 'sealed' | 'files'>

/** Seals what a request hides, and says what may be told of it. */
export function hide(pepper: string, work: PrivateWork): HiddenPart {
  const { environment, inputs, outputs, artifactsBytesMax } = work
  const secretNames = Object.keys(environment)
  const files = { inputs: tell(inputs), outputs: tell(outputs), artifactsBytesMax }
  const isAny = secretNames.length + inputs.length + outputs.length > 0
  const hidden = { environment, inputs, outputs }
  const sealed = isAny
    ? mapValues(hidden, (text) => sealText(text, { pepper, purpose: PURPOSE }))
    : null
  return { secretNames, sealed, files }
}

type Asked = Omit<PrivateWork, 'environment'> & {
  readonly secretEnvironment?: PrivateWork['environment'] | undefined
}

/** A request with its private part sealed. */
export function hideWork<Body extends Asked>(pepper: string, body: Body) {
  const { secretEnvironment, inputs, outputs, artifactsBytesMax, ...work } = body
  const environment = secretEnvironment ?? {}
  return { ...work, hidden: hide(pepper, { environment, inputs, outputs, artifactsBytesMax }) }
}

export function openHidden(pepper: string, { sealed }: Pick<Lease, 'sealed'>): Hidden {
  if (sealed === null) return { environment: {}, inputs: [], outputs: [] }
  return mapValues(sealed, (text) => openText(text, { pepper, purpose: PURPOSE }))
}
