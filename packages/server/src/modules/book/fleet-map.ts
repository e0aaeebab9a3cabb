/**
 * The fleet as a map, and what of it changed since. Pure: nodes and claims come in, short lines and differences go
 * out. A line names owners by id; who they are is asked for only those that are answered.
 */
import type { SLOT_LETTERS } from '@spillway/contract'
import type { Node } from '#modules/fleet/index.ts'

type Letters = typeof SLOT_LETTERS

/** As much of a claim as the map shows. */
export interface MapClaim {
  readonly nodeId: string
  readonly slots: readonly number[]
  readonly kind: keyof Letters
  readonly leaseId: string | null
  readonly organizationId: string | null
  readonly drainingFrom: Date | null
}

export interface MapRun {
  readonly first: number
  readonly count: number
  readonly leaseId: string | null
  readonly organizationId: string | null
}

export interface MapLine {
  readonly id: string
  readonly name: string
  readonly pool: string
  readonly rack: string | null
  readonly fabric: string | null
  readonly state: Node['state']
  readonly slots: string
  readonly runs: readonly MapRun[]
}

function letterOf(claim: MapClaim | undefined, letters: Letters): string {
  const letter = letters[claim?.kind ?? 'free']
  return claim && claim.drainingFrom !== null ? letter.toUpperCase() : letter
}

function isOwned(claim: MapClaim | undefined): claim is MapClaim {
  return claim !== undefined && (claim.leaseId !== null || claim.organizationId !== null)
}

function runsOf(bySlot: readonly (MapClaim | undefined)[]): MapRun[] {
  const runs: { first: number; count: number; claim: MapClaim }[] = []
  for (const [slot, claim] of bySlot.entries()) {
    const last = runs.at(-1)
    if (!isOwned(claim)) continue
    const goesOn =
      last?.claim.leaseId === claim.leaseId &&
      last.claim.organizationId === claim.organizationId &&
      last.first + last.count === slot
    if (last && goesOn) last.count += 1
    else runs.push({ first: slot, count: 1, claim })
  }
  return runs.map(({ first, count, claim }) => ({
    first,
    count,
    leaseId: claim.leaseId,
    organizationId: claim.organizationId,
  }))
}

function drawLine(node: Node, claims: readonly MapClaim[], letters: Letters): MapLine {
  const bySlot = Array.from<MapClaim | undefined>({ length: node.slotCount })
  for (const claim of claims)
    for (const slot of claim.slots) if (slot < node.slotCount) bySlot[slot] = claim
  return {
    ...{ id: node.id, name: node.name, pool: node.pool, rack: node.rack, fabric: node.fabric },
    state: node.state,
    slots: Array.from(bySlot, (claim) => letterOf(claim, letters)).join(''),
    runs: runsOf(bySlot),
  }
}

/** One line a node, in the order of the nodes. */
export function drawMap(
  nodes: readonly Node[],
  claims: readonly MapClaim[],
  letters: Letters,
): readonly MapLine[] {
  const byNode = Map.groupBy(claims, (claim) => claim.nodeId)
  return nodes.map((node) => drawLine(node, byNode.get(node.id) ?? [], letters))
}

export interface MapChange {
  readonly revision: number
  readonly isWhole: boolean
  readonly lines: readonly MapLine[]
  readonly gone: readonly string[]
}

export interface MapHistory {
  /** Takes what the map is now. */
  readonly take: (lines: readonly MapLine[]) => void
  /** What changed after a revision; everything when that cannot be told. */
  readonly since: (revision: number | null) => MapChange
}

interface Kept {
  readonly line: MapLine
  readonly text: string
  readonly changedIn: number
}

/** Remembers in which revision each line last changed. Departures are kept up to a bound. */
export function createMapHistory(goneMax: number): MapHistory {
  let revision = 0
  /** Before this one, departures are forgotten. */
  let floor = 0
  let kept = new Map<string, Kept>()
  let gone = new Map<string, number>()
  return {
    take: (lines) => {
      const next = revision + 1
      const now = new Map<string, Kept>()
      for (const line of lines) {
        const text = JSON.stringify(line)
        const before = kept.get(line.id)
        now.set(line.id, before?.text === text ? before : { line, text, changedIn: next })
      }
      for (const id of kept.keys()) if (!now.has(id)) gone.set(id, next)
      for (const id of now.keys()) gone.delete(id)
      const isChanged =
        now.size !== kept.size || [...now.values()].some(({ changedIn }) => changedIn === next)
      kept = now
      if (isChanged) revision = next
      if (gone.size <= goneMax) return
      gone = new Map()
      floor = revision
    },
    since: (known) => {
      const isWhole = known === null || known < floor || known > revision
      const after = isWhole ? -1 : known
      return {
        ...{ revision, isWhole },
        lines: [...kept.values()].filter((each) => each.changedIn > after).map(({ line }) => line),
        gone: isWhole ? [] : [...gone].filter(([, at]) => at > known).map(([id]) => id),
      }
    },
  }
}
