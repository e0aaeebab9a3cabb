/** Active checks of nodes: which node is due, and what the end of a check means. Pure. */
import type { Claim } from '#modules/book/index.ts'
import type { Node } from '#modules/fleet/index.ts'
import type { Observation } from '#platform/engines/engine.ts'

export interface CheckRule {
  readonly check: readonly string[]
  readonly every: number
  readonly timeout: number
  readonly onFailure: 'quarantine' | 'report'
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
