/** Active checks of nodes: which node is due, and what the end of a check means. Pure. */
import type { Claim } from '#modules/book/index.ts'
import type { Node } from '#modules/fleet/index.ts'
import type { DcgmSlotFault, DcgmSlots } from '#platform/engines/dcgm/dcgm-finding.ts'
import type { Observation } from '#platform/engines/engine.ts'

export interface CheckRule {
  readonly check: readonly string[]
  readonly every: number
  readonly timeout: number
  readonly onFailure: 'quarantine' | 'report'
  /** What tells the outcome: the code that the command ends with, or what it prints, as NVIDIA's DCGM does. */
  readonly reads: 'exit_code' | 'dcgm'
}

/** Why the slots are held while a check runs: what tells such a claim from a hold, which gives way. */
export function checkReason(checkId: string): string {
  return `health check ${checkId}`
}

export function isCheckClaim(claim: Pick<Claim, 'reason'>): boolean {
  return claim.reason?.startsWith('health check ') ?? false
}

export interface DueView {
  readonly nodes: readonly Node[]
  /** Open claims. */
  readonly claims: readonly Claim[]
  /** When the last check of each node began. */
  readonly lastAt: ReadonlyMap<string, Date>
  readonly everyMs: number
  readonly now: Date
}

/** Of the nodes that are ready and wholly free, the one that was not checked for the longest time, if it is due. */
export function nextDue({ nodes, claims, lastAt, everyMs, now }: DueView): Node | null {
  const taken = new Set(claims.map((claim) => claim.nodeId))
  const lastMs = (node: Node) => lastAt.get(node.id)?.getTime() ?? 0
  const [first] = nodes
    .filter((node) => node.state === 'ready' && !taken.has(node.id))
    .toSorted((a, b) => lastMs(a) - lastMs(b) || (a.id < b.id ? -1 : 1))
  return first && now.getTime() - lastMs(first) >= everyMs ? first : null
}

export interface Verdict {
  readonly state: 'passed' | 'failed' | 'inconclusive'
  readonly text: string
  /** Set where it is known which slots it is about: the others are as good as before. */
  readonly faults?: readonly DcgmSlotFault[]
}

type Gone = Extract<Observation, { state: 'gone' }>

/** Only a command that ran to its own end, or had to be stopped for its time, says something about the node. */
export function verdictOf(
  gone: Gone,
  { isOverdue, timeoutMs }: { readonly isOverdue: boolean; readonly timeoutMs: number },
): Verdict {
  if (gone.how === 'exited' && gone.exitCode === 0) return { state: 'passed', text: 'it passed' }
  if (isOverdue && gone.startedMs !== null)
    return { state: 'failed', text: `it took longer than ${timeoutMs / 1000} s` }
  if (gone.how === 'exited')
    return { state: 'failed', text: `it ended with ${gone.exitSignal ?? `code ${gone.exitCode}`}` }
  const because = gone.text === '' ? gone.how : gone.text
  return { state: 'inconclusive', text: `it did not run to its end: ${because}` }
}

/**
 * The verdict by what DCGM's diagnostic printed. What cannot be read, or contradicts the code that the command ended
 * with, says nothing of the node.
 */
export function verdictOfDcgm({ how, exitCode }: Gone, byCode: Verdict, found: DcgmSlots): Verdict {
  if (how !== 'exited' || exitCode === null) return byCode
  const inconclusive = (why: string): Verdict => ({
    state: 'inconclusive',
    text: `what it printed cannot be read as DCGM’s (${why}), and it ended with code ${exitCode}`,
  })
  if (found.kind === 'unread') return inconclusive(found.why)
  if (found.faults.length > 0) {
    const text = found.faults.map(({ slot, reason }) => `slot ${slot}: ${reason}`).join('; ')
    return { state: 'failed', text, faults: found.faults }
  }
  return exitCode === 0 ? byCode : inconclusive('no test that it names failed')
}
