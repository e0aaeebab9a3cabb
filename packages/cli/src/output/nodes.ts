/** How nodes read: a table of many, one in full, and what a drain will do. Pure. */
import type { NodeDetail, NodeLease, NodeLine } from '@spillway/contract'
import { group } from './amount.ts'
import { renderRanges } from './lease.ts'
import type { Colour, Paint } from './paint.ts'
import { renderSlots } from './slots.ts'
import { renderFields, renderTable, type Column, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderClock, renderDuration, renderRelative } from './time.ts'

export const NODE_COLOURS: Readonly<Record<NodeLine['state'], Colour>> = {
  ready: 'green',
  draining: 'yellow',
  down: 'red',
  faulty: 'red',
}

/** `4 spot, 2 free`, the most first. */
function renderUse({ slotsByKind }: NodeLine): string {
  return Object.entries(slotsByKind)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${count} ${kind.replace('_', ' ')}`)
    .join(', ')
}

export function renderNodes(nodes: readonly NodeLine[], options: TableOptions): string {
  const columns: readonly Column<NodeLine>[] = [
    { heading: 'NODE', cell: (node) => node.name },
    { heading: 'POOL', cell: (node) => node.pool },
    { heading: 'RACK', cell: (node) => node.rack ?? '' },
    { heading: 'STATE', cell: (node) => node.state, colour: (node) => NODE_COLOURS[node.state] },
    { heading: 'SLOTS', align: 'right', cell: (node) => group(node.slotCount) },
    { heading: 'USE', cell: renderUse },
    {
      heading: 'FAULTS',
      align: 'right',
      cell: (node) => (node.faultCount === 0 ? '' : group(node.faultCount)),
      colour: () => 'red',
    },
    { heading: 'WHY', isFlexible: true, cell: (node) => node.reason ?? '' },
    { heading: 'ID', cell: (node) => node.id },
  ]
  return renderTable(columns, nodes, options)
}

export function renderNode(node: NodeDetail, nowMs: number, options: TableOptions): string {
  const { paint } = options
  const why = node.reason === null ? '' : `: ${toLine(node.reason)}`
  const fields = renderFields(
    [
      ['state', `${paint(NODE_COLOURS[node.state], node.state)}${why}`],
      ['pool', node.pool],
      ['rack', node.rack === null ? null : toLine(node.rack)],
      ['fabric', node.fabric === null ? null : toLine(node.fabric)],
      ['hardware', toLine(node.hardware)],
      ['since', renderRelative(node.since, nowMs)],
    ],
    paint,
  )
  const parts = [
    `${paint('bold', node.name)}  ${paint('dim', node.id)}`,
    fields,
    renderSlots({ pool: node.name, slots: node.slots, nowMs }, options),
  ]
  if (node.faults.length > 0) parts.push(renderFaults(node, nowMs, paint))
  if (node.facts.length > 0) parts.push(renderFacts(node, nowMs, paint))
  return parts.join('\n\n')
}

function renderFaults({ faults }: NodeDetail, nowMs: number, paint: Paint): string {
  return faults
    .map(({ slot, reason, isLost, since }) => {
      const words = isLost ? 'lost' : 'degraded'
      return `${paint('red', `slot ${slot} ${words}`)}  ${toLine(reason)}, ${renderRelative(since, nowMs)}`
    })
    .join('\n')
}

function renderFacts({ facts }: NodeDetail, nowMs: number, paint: Paint): string {
  return facts
    .toReversed()
    .map(({ at, text, actor }) => {
      const by = actor === null ? '' : paint('dim', ` (${actor})`)
      return `${paint('dim', renderClock(at, nowMs))}  ${toLine(text)}${by}`
    })
    .join('\n')
}

function fateOf(lease: NodeLease, isEvacuating: boolean): string {
  if (lease.isForeign) return 'goes on: the engine’s own work'
  if (!isEvacuating) return 'goes on'
  if (lease.kind === 'anchor') return 'goes on: the operator’s own work'
  if (lease.state === 'reclaiming') return 'is being taken back already'
  const notice = `is taken back, ${renderDuration(lease.noticeMs)} after its notice`
  const gang = lease.nodes > 1 ? `, all ${lease.nodes} nodes of it` : ''
  return `${notice}${gang}${lease.requeue ? ', and waits for room again' : ''}`
}

/** What draining a node will do, for the person to agree to. */
export function renderDrainPlan(
  node: NodeDetail,
  isEvacuating: boolean,
  options: TableOptions,
): string {
  const free = node.slotsByKind['free'] ?? 0
  const head = `${node.name} takes no new work; ${free} of ${node.slotCount} slots are held for maintenance now.`
  if (node.leases.length === 0) return `${head}\nNothing runs there.`
  const table = renderTable<NodeLease>(
    [
      { heading: 'LEASE', cell: (lease) => lease.id },
      { heading: 'KIND', cell: (lease) => lease.kind },
      { heading: 'ORGANIZATION', cell: (lease) => lease.organization },
      { heading: 'SLOTS', cell: (lease) => renderRanges(lease.slots) },
      { heading: 'WHAT HAPPENS', isFlexible: true, cell: (lease) => fateOf(lease, isEvacuating) },
    ],
    node.leases,
    options,
  )
  return `${head}\n\n${table}`
}
