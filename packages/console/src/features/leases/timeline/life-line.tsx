/** The life of a lease on one axis of time: states as bands, facts as marks, and how long a notice still runs. */
import type { Lease, LeaseFact } from '@spillway/contract'
import { type ReactElement, useMemo, useRef } from 'react'
import { useNow } from '../../../ui/clock.ts'
import { Countdown } from '../../../ui/figures.tsx'
import { clockTime, exactInstant, formatDuration } from '../../../ui/format/time.ts'
import { useWidth } from '../../../ui/use-width.ts'
import { type Band, type BandState, lifeOf, type Mark, placeLabels, ticksOf } from './bands.ts'

const SECOND_MS = 1000
const TICK_PX = 96
const LABEL_ROWS = 3
const LABEL_ROW_PX = 17
const CHARACTER_PX = 6.6
const DAY_MS = 86_400_000
/** What is left free behind the end of a life, so that the last label has room. */
const MARGIN = 0.04

const LOOKS: Record<BandState, { readonly className: string; readonly word: string }> = {
  waiting: { className: 'border border-line-strong', word: 'waiting' },
  starting: { className: 'bg-line-strong', word: 'starting' },
  running: { className: 'bg-accent', word: 'running' },
  reclaiming: { className: 'bg-warn', word: 'notice' },
  stopping: { className: 'hatched bg-warn', word: 'stopping' },
}

const TONES: Record<Mark['tone'], string> = {
  plain: 'bg-muted',
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
}

interface LifeLineProps {
  readonly lease: Lease
  readonly facts: readonly LeaseFact[]
}

export function LifeLine({ lease, facts }: LifeLineProps): ReactElement {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const nowMs = useNow(SECOND_MS)
  const life = useMemo(() => lifeOf(lease, facts), [lease, facts])
  const endMs = Math.max(life.toMs ?? nowMs, life.stopMs ?? 0, life.fromMs + 1)
  const spanMs = (endMs - life.fromMs) * (1 + MARGIN)
  const share = (atMs: number): number => ((atMs - life.fromMs) / spanMs) * 100
  const untilMs = life.fromMs + spanMs
  const ticks = ticksOf(life.fromMs, untilMs, Math.max(2, Math.floor(width / TICK_PX)))
  return (
    <div
      ref={frame}
      role="img"
      aria-label={sentence(life.bands, nowMs)}
      className="relative w-full overflow-hidden"
      style={{ height: 62 + LABEL_ROWS * LABEL_ROW_PX }}
    >
      {ticks.map((tick) => (
        <Tick
          key={tick}
          tick={tick}
          left={share(tick)}
          isLong={spanMs > DAY_MS}
          hasLabel={(share(tick) / 100) * width < width - TICK_PX}
        />
      ))}
      {life.bands.map((band) => (
        <BandBox
          key={`${band.fromMs} ${band.state}`}
          band={band}
          left={share(band.fromMs)}
          right={share(band.toMs ?? nowMs)}
          width={width}
          nowMs={nowMs}
        />
      ))}
      {life.stopMs !== null && life.stopMs > nowMs && (
        <div
          className="absolute top-[22px] flex h-6 items-center overflow-hidden border border-dashed border-warn px-1.5 text-12 whitespace-nowrap"
          style={{ left: `${share(nowMs)}%`, width: `${share(life.stopMs) - share(nowMs)}%` }}
        >
          <Countdown until={new Date(life.stopMs).toISOString()} />
        </div>
      )}
      <Marks marks={life.marks} share={share} width={width} />
      {life.toMs === null && (
        <div
          className="absolute top-[18px] h-8 w-px bg-accent"
          style={{ left: `${share(nowMs)}%` }}
        />
      )}
    </div>
  )
}

interface TickProps {
  readonly tick: number
  readonly left: number
  readonly isLong: boolean
  /** The last one has no room for its label. */
  readonly hasLabel: boolean
}

function Tick({ tick, left, isLong, hasLabel }: TickProps): ReactElement {
  const instant = new Date(tick).toISOString()
  return (
    <div className="absolute top-0 h-[52px] border-l border-line" style={{ left: `${left}%` }}>
      {hasLabel && (
        <span className="num pl-1 text-12 whitespace-nowrap text-muted">
          {isLong ? instant.slice(5, 16).replace('T', ' ') : clockTime(instant)}
        </span>
      )}
    </div>
  )
}

interface BandBoxProps {
  readonly band: Band
  readonly left: number
  readonly right: number
  /** Of all of it, in pixels. */
  readonly width: number
  readonly nowMs: number
}

function BandBox({ band, left, right, width, nowMs }: BandBoxProps): ReactElement {
  const look = LOOKS[band.state]
  const lastedMs = (band.toMs ?? nowMs) - band.fromMs
  const attempt = band.attempt > 1 ? `, attempt ${band.attempt}` : ''
  const isRoomy = ((right - left) / 100) * width > look.word.length * CHARACTER_PX + 12
  const hasInk = band.state === 'running' || band.state === 'reclaiming'
  return (
    <div
      title={`${look.word}${attempt}: ${formatDuration(lastedMs)}, from ${exactInstant(new Date(band.fromMs).toISOString())}`}
      className={`absolute top-[22px] flex h-6 min-w-[2px] items-center overflow-hidden text-12 font-medium whitespace-nowrap ${look.className} ${hasInk ? 'text-bg' : 'text-text'}`}
      style={{ left: `${left}%`, width: `${Math.max(0, right - left)}%` }}
    >
      {isRoomy && band.state !== 'stopping' && <span className="px-1.5">{look.word}</span>}
    </div>
  )
}

interface MarksProps {
  readonly marks: readonly Mark[]
  readonly share: (atMs: number) => number
  readonly width: number
}

function Marks({ marks, share, width }: MarksProps): ReactElement {
  const widths = marks.map(({ word }) => word.length * CHARACTER_PX + 12)
  // A label that would leave the frame ends at its edge.
  const lefts = marks.map(({ atMs }, index) =>
    Math.min((share(atMs) / 100) * width, width - (widths[index] ?? 0)),
  )
  const rows = placeLabels(lefts, widths, LABEL_ROWS)
  return (
    <>
      {marks.map((mark, index) => {
        const row = rows[index]
        return (
          <div
            key={`${mark.atMs} ${mark.word}`}
            title={`${mark.text} ${exactInstant(new Date(mark.atMs).toISOString())}`}
          >
            <span
              className={`absolute top-[46px] w-[2px] ${TONES[mark.tone]}`}
              style={{
                left: `${share(mark.atMs)}%`,
                height: 8 + (row ?? 0) * LABEL_ROW_PX,
              }}
            />
            {row !== null && row !== undefined && (
              <span
                className="absolute pl-1 text-12 whitespace-nowrap text-muted"
                style={{ left: lefts[index], top: 48 + row * LABEL_ROW_PX }}
              >
                {mark.word}
              </span>
            )}
          </div>
        )
      })}
    </>
  )
}

/** The bands in words, for those who do not see them. */
function sentence(bands: readonly Band[], nowMs: number): string {
  const parts = bands.map(({ state, fromMs, toMs }) => {
    const lasted = formatDuration((toMs ?? nowMs) - fromMs)
    return `${LOOKS[state].word} ${lasted}${toMs === null ? ' so far' : ''}`
  })
  return `Life of the lease: ${parts.join(', then ')}. Every fact is in the list below.`
}
