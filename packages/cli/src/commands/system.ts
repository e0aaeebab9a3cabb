/** `spillway system`: the state of the installation. */
import type { System } from '@spillway/contract'
import type { Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { group } from '../output/amount.ts'
import type { Paint } from '../output/paint.ts'
import { renderFields } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { renderDuration, renderInstant } from '../output/time.ts'

const OFFSET_NOTABLE_MS = 1000

export function addSystemCommand(program: Command, context: Context): void {
  const { paint } = context.output
  addCommand(program, context, {
    usage: 'system',
    summary: 'Show the state of the installation',
    example: 'spillway system',
    persona: 'operator',
    run: async (call) => {
      const system = await call.client().getSystem()
      await call.present(system, () => renderSystem(system, paint))
    },
  })
}

function renderSystem(system: System, paint: Paint): string {
  const state = (text: string): string => paint(text === 'ready' ? 'green' : 'red', text)
  return renderFields(
    [
      ['installation', toLine(system.installation)],
      ['version', toLine(system.version)],
      ['database', state(system.database)],
      ['gateway', state(system.gateway)],
      ['accelerators', toLine(system.finding)],
      ['meter backlog', `${group(system.meterBacklogEvents)} events`],
      ['time', `${renderInstant(system.now)}${renderOffset(system.clockOffsetMs)}`],
    ],
    paint,
  )
}

/** Spillway's clock does not follow a wall clock that somebody set; then the two differ. */
function renderOffset(offsetMs: number): string {
  if (Math.abs(offsetMs) < OFFSET_NOTABLE_MS) return ''
  const side = offsetMs > 0 ? 'behind' : 'ahead of'
  return `; the machine’s clock is ${renderDuration(Math.abs(offsetMs))} ${side} it`
}
