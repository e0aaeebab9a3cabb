/** How simulations read everywhere: state as dot and word, and how far one is. */
import type { Simulation, SimulationState } from '@spillway/contract'
import type { ReactElement } from 'react'
import { StateWord, type Tone } from '../../ui/state-word.tsx'

const TONES: Readonly<Record<SimulationState, Tone>> = {
  queued: 'idle',
  running: 'accent',
  done: 'good',
  failed: 'bad',
  cancelled: 'idle',
}

export function SimulationStateWord({ simulation }: { simulation: Simulation }): ReactElement {
  const { state, failure } = simulation
  return (
    <StateWord tone={TONES[state]} title={failure ?? undefined} isMoving={state === 'running'}>
      {state}
    </StateWord>
  )
}

export function isUnderWay({ state }: Pick<Simulation, 'state'>): boolean {
  return state === 'queued' || state === 'running'
}

export function ProgressBar({ simulation }: { simulation: Simulation }): ReactElement {
  const percent = Math.floor(simulation.progress * 100)
  return (
    <span className="flex min-w-32 items-center gap-2">
      <span
        role="progressbar"
        aria-label={`Progress of ${simulation.name}`}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="relative block h-1.5 flex-1 rounded-full bg-sunken"
      >
        <span
          className="absolute inset-y-0 left-0 rounded-full bg-accent transition-[width]"
          style={{ width: `${percent}%` }}
        />
      </span>
      <span className="num w-9 text-right">{percent} %</span>
    </span>
  )
}
