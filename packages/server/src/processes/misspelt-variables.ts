/** Finds variables that were probably meant for the server and are spelt wrong; without this they would do nothing. */
import { nearest } from '#modules/fleet/index.ts'

const PREFIX = 'SPILLWAY_'
const KNOWN = [
  ...['PORT', 'GATEWAYS', 'PUBLIC_URL', 'DATA_DIR', 'FLEET', 'LOG_LEVEL', 'TRUSTED_PROXIES'],
  'REQUEST_LOG',
]
/** What a server hands its gateways. */
const HANDED_ON = 'GATEWAY'

/** A sentence for each. Variables of the command, of leases and of tests are unlike those of the server. */
export function findMisspelt(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return Object.keys(environment).flatMap((name) => {
    const rest = name.slice(PREFIX.length)
    if (!name.startsWith(PREFIX) || KNOWN.includes(rest) || rest === HANDED_ON) return []
    const meant = KNOWN.find((known) => known.startsWith(`${rest}_`)) ?? nearest(rest, KNOWN)
    return meant === null
      ? []
      : [`${name} is not a variable of the server; did you mean ${PREFIX}${meant}?`]
  })
}
