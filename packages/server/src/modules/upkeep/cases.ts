/** The kinds of difference between book and engine: what is done about each, and by whom. Pure. */
import type { CaseKind } from '@spillway/contract'

export interface FoundCase {
  readonly kind: CaseKind
  /** A lease, an attempt, a node, the engine's own run, or the pool: with the kind, its identity while it is open. */
  readonly subject: string
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
}

interface CaseRule {
  readonly remedy: string
  readonly needsOperator: boolean
  /** It may be a step that is under way: it counts once two comparisons in a row have found it. */
  readonly maySettle: boolean
}

const byRule = (remedy: string, maySettle = false): CaseRule => ({
  remedy,
  needsOperator: false,
  maySettle,
})
const byOperator = (remedy: string, maySettle = true): CaseRule => ({
  remedy,
  needsOperator: true,
  maySettle,
})

export const CASE_RULES: Readonly<Record<CaseKind, CaseRule>> = {
  stray_attempt: byRule('It is stopped: nobody pays for it. Its log is kept.'),
  ended_lease_runs: byRule('It is stopped: its lease has ended. Its log is kept.'),
  old_attempt_runs: byRule('It is stopped: its lease has a later attempt. Its log is kept.'),
  attempt_lost: byOperator(
    'The slots stay claimed and nothing is billed. See that nothing runs there, then `spillway lease confirm-gone`.',
  ),
  attempt_unknown: byRule(
    'The slots stay claimed until the engine can tell. Where it never will, see that the machine is off, then `spillway lease confirm-gone --fenced`.',
    true,
  ),
  gone_not_closed: byRule('The lease is looked at again, and closed by its own step.', true),
  placements_differ: byRule(
    'The book follows the engine as soon as the slots are free in it.',
    true,
  ),
  claim_without_lease: byRule(
    'The claim is closed once the engine confirms that nothing of the lease is left.',
    true,
  ),
  lease_without_claim: byRule(
    'The slots are claimed for it again; where somebody else has them, one of the two has to be stopped.',
    true,
  ),
  node_unknown: byRule('It is left alone. Name it in the fleet file to sell it.'),
  node_missing: byOperator(
    'It takes no new work, and its claims stay. Bring it back, or `spillway node retire` once it is empty.',
  ),
  slot_count_changed: byRule('It takes no new work, and changes once it is free.'),
  reading_failed: byOperator(
    'What the reading found before stands, and what it would find now is not known. See that its program works on the node.',
  ),
  foreign_conflict: byOperator(
    'The owner’s work runs on slots that the book has given to somebody: stop the lease, or the work.',
  ),
  usage_differs: byOperator(
    'Bills follow our own record. Compare the timeline of the lease with the engine’s accounting.',
  ),
  engine_unreachable: byRule(
    'Nothing new is placed there, and what runs goes on. It is asked again.',
    false,
  ),
}

export function caseKey({ kind, subject }: Pick<FoundCase, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`
}

/** Parts what counts now from what has to be found once more. `before`: the keys of the last comparison. */
export function partSettling(
  found: readonly FoundCase[],
  before: ReadonlySet<string>,
): { readonly standing: readonly FoundCase[]; readonly settling: readonly FoundCase[] } {
  const standing: FoundCase[] = []
  const settling: FoundCase[] = []
  for (const each of found)
    if (CASE_RULES[each.kind].maySettle && !before.has(caseKey(each))) settling.push(each)
    else standing.push(each)
  return { standing, settling }
}
