/** How blocks read everywhere: state, size, hours, how much is used. */
import type { Block, BlockState } from '@spillway/contract'
import type { ReactElement } from 'react'
import { formatCount } from '../../ui/format/numbers.ts'
import { StateWord, type Tone } from '../../ui/state-word.tsx'

const TONES: Readonly<Record<BlockState, Tone>> = {
  scheduled: 'accent',
  active: 'good',
  ended: 'idle',
  unavailable: 'bad',
  cancelled: 'idle',
}

const HOUR_MS = 3_600_000

export function BlockStateWord({ block }: { block: Block }): ReactElement {
  return (
    <StateWord tone={TONES[block.state]} title={block.text}>
      {block.state}
    </StateWord>
  )
}

/** `8`, or `16 over 2` nodes. */
export function blockSize({ gpus, nodes }: Pick<Block, 'gpus' | 'nodes'>): string {
  return nodes === 1 ? formatCount(gpus) : `${formatCount(gpus)} over ${formatCount(nodes)}`
}

export function hoursOf({ startsAt, endsAt }: Pick<Block, 'startsAt' | 'endsAt'>): number {
  return (Date.parse(endsAt) - Date.parse(startsAt)) / HOUR_MS
}

/** `31 Jan 14:00`, in UTC. */
export function hourWords(at: string): string {
  const parts = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
  return new Date(at).toLocaleString('en-GB', { ...parts, timeZone: 'UTC' }).replace(',', '')
}

export function gpuHours(gpuMs: number): string {
  return `${formatCount(Math.round(gpuMs / HOUR_MS))} GPU-hours`
}

/** Of the block's hours: used, kept and not used, and missing; the rest is to come. */
export function UseBar({ block }: { block: Block }): ReactElement {
  const wholeMs = block.gpus * hoursOf(block) * HOUR_MS
  const { usedGpuMs, heldGpuMs, missingGpuMs } = block
  const idleMs = Math.max(0, heldGpuMs - usedGpuMs)
  const percent = (ms: number) => `${wholeMs === 0 ? 0 : (100 * ms) / wholeMs}%`
  const words = `${gpuHours(usedGpuMs)} used, ${gpuHours(idleMs)} kept and not used, ${gpuHours(missingGpuMs)} missing, of ${gpuHours(wholeMs)}`
  return (
    <div>
      <div
        role="img"
        aria-label={words}
        className="flex h-2.5 w-full overflow-hidden rounded-[3px] border border-line"
      >
        <span className="bg-accent" style={{ width: percent(usedGpuMs) }} />
        <span className="bg-line-strong" style={{ width: percent(idleMs) }} />
        <span className="bg-bad" style={{ width: percent(missingGpuMs) }} />
      </div>
      <p className="mt-1 text-12 text-muted">{words}</p>
    </div>
  )
}
