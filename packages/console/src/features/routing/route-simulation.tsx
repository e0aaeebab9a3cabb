/** What a route would have made of recorded requests, beside what the one in force makes of them. */
import type { RouteSimulation } from '@spillway/contract'
import type { ReactElement, ReactNode } from 'react'
import { Money } from '../../ui/figures.tsx'
import { formatCount, formatShare, plural } from '../../ui/format/numbers.ts'

type Outcome = RouteSimulation['before']

export function SimulatedRoute({ simulation }: { simulation: RouteSimulation }): ReactElement {
  const { requests, isCut, noted, before, after } = simulation
  if (requests === 0)
    return <p className="text-muted">Nobody asked this model in the last day: nothing to go by.</p>
  const ids = [...new Set([...before.servers, ...after.servers].map(({ id }) => id))]
  const codes = [...new Set([...before.refused, ...after.refused].map(({ code }) => code))]
  return (
    <div className="min-w-0 overflow-x-auto" tabIndex={0} role="region" aria-label="Simulation">
      <table className="w-full">
        <caption className="mb-1 text-left text-12 text-muted">
          {isCut ? 'The newest ' : ''}
          {plural(requests, 'request')} of the last day, {formatCount(noted)} with what they came
          with
        </caption>
        <thead>
          <tr className="border-b border-line text-12 text-muted">
            <th className="py-1 text-left font-normal">Run through both</th>
            <th className="py-1 pl-3 text-right font-normal">Now</th>
            <th className="py-1 pl-3 text-right font-normal">Then</th>
          </tr>
        </thead>
        <tbody>
          <Line what="answered" now={before.requests} then={after.requests} />
          <Line
            what="charged"
            now={<Money amount={before.chargedUsd} />}
            then={<Money amount={after.chargedUsd} />}
          />
          <Line what="cost to you" now={cost(before)} then={cost(after)} />
          {ids.map((id) => (
            <Line
              key={id}
              what={<code className="break-all">{id}</code>}
              now={shareOf(before, id, requests)}
              then={shareOf(after, id, requests)}
            />
          ))}
          {codes.map((code) => (
            <Line
              key={code}
              what={`refused: ${code}`}
              now={refusedOf(before, code)}
              then={refusedOf(after, code)}
            />
          ))}
        </tbody>
      </table>
      <CalledOff calledOff={simulation.calledOff} />
    </div>
  )
}

/** What asking two at once cost beside, as it really was. */
function CalledOff({ calledOff }: Pick<RouteSimulation, 'calledOff'>): ReactElement | null {
  const { tries, costUsd } = calledOff
  if (tries === 0) return null
  return (
    <p className="mt-2 text-12 text-muted">
      {plural(tries, 'server')} asked beside another and called off, which cost{' '}
      {costUsd === null ? 'what is not known' : <Money amount={costUsd} />} or more.
    </p>
  )
}

const cost = ({ costUsd }: Outcome) => (costUsd === null ? 'not known' : <Money amount={costUsd} />)

function shareOf({ servers }: Outcome, id: string, all: number): string {
  const found = servers.find((each) => each.id === id)
  return found ? `${formatCount(found.requests)} · ${formatShare(found.requests / all)}` : '0'
}

const refusedOf = ({ refused }: Outcome, code: string) =>
  refused.find((each) => each.code === code)?.requests ?? 0

function Line({
  what,
  now,
  then,
}: {
  readonly what: ReactNode
  readonly now: ReactNode
  readonly then: ReactNode
}): ReactElement {
  return (
    <tr className="border-b border-line last:border-b-0">
      <td className="py-1">{what}</td>
      <td className="num py-1 pl-3 text-right whitespace-nowrap">{now}</td>
      <td className="num py-1 pl-3 text-right whitespace-nowrap">{then}</td>
    </tr>
  )
}
