/** Credentials of upstreams: sealed in the database, opened only by the gateway that sends them. */
import { openText } from '#platform/sealed-text.ts'

const PURPOSE = 'upstream credential'

export function openUpstreamCredential(sealed: string, pepper: string): string {
  return openText(sealed, { pepper, purpose: PURPOSE })
}
