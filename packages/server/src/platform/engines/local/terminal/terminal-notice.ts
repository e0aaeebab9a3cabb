/** What a terminal tells whoever is attached about the notice of a reclaim, from the documents of the metadata. Pure. */

/** A document says a little after the instant itself that it has come: it knows no fractions of a second. */
const PRECISION_MS = 1000

/** The instant in a document, as milliseconds of the wall clock; null for what is none. */
export function instantIn(document: Readonly<Record<string, string>> | null): number | null {
  const instant = Date.parse(document?.['time'] ?? document?.['noticeTime'] ?? '')
  return Number.isFinite(instant) ? instant : null
}

/** Whether a notice still leaves time, so that a request to end means the notice and not the end. */
export function leavesTime(stopMs: number | null, wallMs: number): boolean {
  return stopMs !== null && stopMs - wallMs > PRECISION_MS
}

export function renderNotice(stopMs: number, wallMs: number): string {
  if (!leavesTime(stopMs, wallMs)) return 'This lease is being stopped.'
  const seconds = Math.round((stopMs - wallMs) / 1000)
  const left = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
  const at = new Date(stopMs).toISOString().slice(11, 19)
  return `This lease is taken back: it stops in ${left}, at ${at} UTC. Save what must not be lost.`
}

export const RISK_TEXT = 'A reclaim of this lease has become likely. Save your work now and then.'
