/** A simulated route beside the one in force, as a table. Pure. */
import type { RouteSimulation } from '@spillway/contract'
import { renderTable, type TableOptions } from './table.ts'

type Outcome = RouteSimulation['before']

function shareOf(requests: number, all: number): string {
  return all === 0 ? '\u2013' : `${((100 * requests) / all).toFixed(1)} %`
}

interface Line {
  readonly what: string
  readonly before: string
  readonly after: string
}

function serverLines({ requests, before, after }: RouteSimulation): readonly Line[] {
  const ids = [...new Set([...before.servers, ...after.servers].map(({ id }) => id))]
  const of = (outcome: Outcome, id: string) => outcome.servers.find((each) => each.id === id)
  return ids.map((id) => {
    const known = of(after, id) ?? of(before, id)
    const cell = (outcome: Outcome) => {
      const found = of(outcome, id)
      return found ? `${found.requests} (${shareOf(found.requests, requests)})` : '0'
    }
    const where = `${known?.provider ?? ''}, ${known?.region ?? 'unknown'}`
    return { what: `${id} (${where})`, before: cell(before), after: cell(after) }
  })
}

function refusedLines({ before, after }: RouteSimulation): readonly Line[] {
  const codes = [...new Set([...before.refused, ...after.refused].map(({ code }) => code))]
  const of = ({ refused }: Outcome, code: string) =>
    String(refused.find((each) => each.code === code)?.requests ?? 0)
  return codes.map((code) => ({
    what: `refused: ${code}`,
    before: of(before, code),
    after: of(after, code),
  }))
}

export function renderRouteSimulation(simulation: RouteSimulation, options: TableOptions): string {
  const { model, from, to, requests, isCut, noted, before, after } = simulation
  if (requests === 0) return `nobody asked ${model} from ${from} to ${to}: nothing to go by`
  const usd = (amount: string | null) => (amount === null ? 'not known' : `$${amount}`)
  const lines: Line[] = [
    { what: 'answered', before: String(before.requests), after: String(after.requests) },
    { what: 'charged', before: usd(before.chargedUsd), after: usd(after.chargedUsd) },
    { what: 'cost to you', before: usd(before.costUsd), after: usd(after.costUsd) },
    ...serverLines(simulation),
    ...refusedLines(simulation),
  ]
  const table = renderTable(
    [
      { heading: '', isFlexible: true, cell: ({ what }) => what },
      { heading: 'NOW', align: 'right', cell: (line) => line.before },
      { heading: 'THEN', align: 'right', cell: (line) => line.after },
    ],
    lines,
    options,
  )
  const which = isCut ? `the newest ${requests} requests` : `${requests} requests`
  const head = `${which} of ${model} from ${from} to ${to}, ${noted} with what they came with`
  const { tries, costUsd } = simulation.calledOff
  const twice =
    tries === 0
      ? ''
      : `\n\nasked beside another and called off: ${tries}, which cost you ${usd(costUsd)} or more`
  return `${head}\n\n${table}${twice}`
}
