/** `spillway fleet`: sites, pools and nodes, and how each was found. */
import type { Site, Client } from '@spillway/contract'
import type { Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { group, renderAmount } from '../output/amount.ts'
import { NODE_COLOURS } from '../output/nodes.ts'
import { renderFields, renderTable, type TableOptions } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { renderRelative } from '../output/time.ts'
import { addFleetMapCommand } from './fleet-map.ts'
import { addReconciliationCommands } from './reconciliation.ts'

type Fleet = Awaited<ReturnType<Client['getFleet']>>
type FleetPool = Site['pools'][number]

export function addFleetCommand(program: Command, context: Context): void {
  const { output, surroundings } = context
  const fleet = addCommand(program, context, {
    usage: 'fleet',
    summary: 'Show sites, pools and nodes, and how they were found',
    example: 'spillway fleet',
    persona: 'operator',
    run: async (call) => {
      const found = await call.client().getFleet()
      const options = { paint: output.paint, columnsMax: output.columns() }
      await call.present(found, () => renderFleet(found, surroundings.nowMs(), options))
    },
  })
  addFleetMapCommand(fleet, context)
  addReconciliationCommands(fleet, context)
}

function renderFleet(fleet: Fleet, nowMs: number, options: TableOptions): string {
  const sites = fleet.sites.map((site) => renderSite(site, nowMs, options))
  return [...sites, options.paint('dim', `from ${toLine(fleet.fleetFile)}`)].join('\n\n')
}

function renderSite(site: Site, nowMs: number, options: TableOptions): string {
  const { paint } = options
  const cap = site.powerCapKw === null ? '' : `, at most ${site.powerCapKw} kW`
  const fields = renderFields(
    [
      ['region', `${toLine(site.region)} (${toLine(site.jurisdiction)}), ${site.ownership}`],
      ['power', `${renderAmount(site.powerUsdPerKwh)} USD / kWh, PUE ${site.pue}${cap}`],
    ],
    paint,
  )
  const pools = site.pools.map((pool) => renderPool(pool, nowMs, options))
  return [`${paint('bold', `site ${site.name}`)}\n${fields}`, ...pools].join('\n\n')
}

/** What runs beside everything else in the open is worth a colour. */
function renderIsolation({ isolation }: FleetPool, paint: TableOptions['paint']): string {
  if (isolation.kind === 'none') return paint('red', `isolation: ${toLine(isolation.text)}`)
  if (isolation.kind === 'owner_only')
    return paint('yellow', `may not lease here: ${toLine(isolation.text)}`)
  return toLine(isolation.text)
}

function renderPool(pool: FleetPool, nowMs: number, options: TableOptions): string {
  const { paint } = options
  const fields = renderFields(
    [
      ['accelerator', `${toLine(pool.accelerator)} (${pool.acceleratorKind})`],
      ['engine', toLine(pool.engine)],
      ['found', toLine(pool.finding)],
      ['customers', renderIsolation(pool, paint)],
      ['capex', `${renderAmount(pool.capexUsdPerGpu)} USD each, over ${pool.lifeYears} years`],
      ['power', `${pool.powerKwPerGpu} kW each`],
    ],
    paint,
  )
  const nodes = renderTable(
    [
      { heading: 'NODE', cell: (node) => node.name },
      { heading: 'STATE', cell: (node) => node.state, colour: (node) => NODE_COLOURS[node.state] },
      { heading: 'SLOTS', align: 'right', cell: (node) => group(node.slotCount) },
      { heading: 'SINCE', cell: (node) => renderRelative(node.since, nowMs) },
      { heading: 'HARDWARE', isFlexible: true, cell: (node) => node.hardware },
      { heading: 'ID', cell: (node) => node.id },
    ],
    pool.nodes,
    options,
  )
  return `${paint('bold', `pool ${pool.name}`)}\n${fields}\n\n${nodes}`
}
