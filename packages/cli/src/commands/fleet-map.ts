/** `spillway fleet map`: every node with one letter a slot, rack by rack. */
import { type FleetMap, type FleetMapNode, SLOT_LETTERS } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import type { Colour, Paint } from '../output/paint.ts'
import { toLine } from '../output/text.ts'

interface MapOptions {
  readonly pool?: string
}

export function addFleetMapCommand(fleet: Command, context: Context): void {
  addCommand<MapOptions>(fleet, context, {
    usage: 'map',
    summary: 'Show every node with one letter a slot, rack by rack',
    example: 'spillway fleet map --pool h200',
    persona: 'operator',
    options: [new Option('--pool <name>', 'only this pool')],
    run: map,
  })
}

async function map(call: Call<MapOptions>): Promise<void> {
  const found = await call.client().getFleetMap()
  await call.present(found, () => renderMap(found, call.options.pool, call.output.paint))
}

function letterColour(letter: string): Colour | null {
  if (letter === SLOT_LETTERS.free) return 'dim'
  if (letter === SLOT_LETTERS.faulty) return 'red'
  return letter === letter.toLowerCase() ? null : 'yellow'
}

function renderSlots(node: FleetMapNode, paint: Paint): string {
  const letters = Array.from(node.slots, (letter) => {
    const colour = letterColour(letter)
    return colour === null ? letter : paint(colour, letter)
  })
  const state = node.state === 'ready' ? '' : ` ${paint('red', node.state)}`
  return `${toLine(node.name)} ${letters.join('')}${state}`
}

function renderMap(found: FleetMap, pool: string | undefined, paint: Paint): string {
  const parts = found.pools.flatMap((each, index) => {
    const nodes = found.nodes.filter((node) => node.pool === index)
    if (nodes.length === 0 || (pool !== undefined && each.name !== pool)) return []
    const racks = Map.groupBy(nodes, (node) => node.rack ?? '')
    const lines = [...racks].flatMap(([rack, members]) => [
      ...(rack === '' ? [] : [paint('dim', `rack ${toLine(rack)}`)]),
      ...members.map((node) => `  ${renderSlots(node, paint)}`),
    ])
    return [[paint('bold', `${each.site} / ${each.name}`), ...lines].join('\n')]
  })
  if (parts.length === 0) return paint('dim', 'no nodes')
  return [...parts, paint('dim', LEGEND)].join('\n\n')
}

const LEGEND = `${Object.entries(SLOT_LETTERS)
  .map(([kind, letter]) => `${letter} ${kind}`)
  .join('  ')}  capital: leaving`
