/** The tokens of the theme as a canvas needs them: read once a theme, with the patterns that colour never goes without. */
import { KIND_LOOKS } from '../../../ui/claim-kind.ts'
import { type Theme, tokenColour } from '../../../ui/theme.ts'
import { RAMP_STEPS, SERIES_COUNT } from './palette-sizes.ts'

export interface Palette {
  readonly theme: Theme
  readonly background: string
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly lineStrong: string
  readonly accent: string
  readonly warn: string
  readonly bad: string
  readonly good: string
  /** By claim kind; `free` has the colour of an empty place. */
  readonly kinds: ReadonlyMap<string, string>
  /** From empty to full. */
  readonly ramp: readonly string[]
  readonly series: readonly string[]
  /** Diagonal lines: leaving, or taken out. */
  readonly hatch: CanvasPattern | string
  /** Crossed lines: broken. */
  readonly cross: CanvasPattern | string
}

const PATTERN_SIZE = 6

function drawPattern(colour: string, isCrossed: boolean): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = PATTERN_SIZE
  tile.height = PATTERN_SIZE
  const context = tile.getContext('2d')
  if (context === null) return 'transparent'
  context.strokeStyle = colour
  context.lineWidth = 1.5
  context.beginPath()
  for (const shift of [-PATTERN_SIZE, 0, PATTERN_SIZE]) {
    context.moveTo(shift, PATTERN_SIZE)
    context.lineTo(shift + PATTERN_SIZE, 0)
    if (!isCrossed) continue
    context.moveTo(shift, 0)
    context.lineTo(shift + PATTERN_SIZE, PATTERN_SIZE)
  }
  context.stroke()
  return context.createPattern(tile, 'repeat') ?? 'transparent'
}

/** The tokens of the theme that holds now, which is the one given: it is an argument so that a change asks again. */
export function readPalette(theme: Theme): Palette {
  const line = tokenColour('--line')
  const accent = tokenColour('--accent')
  const hatch = tokenColour('--hatch')
  return {
    theme,
    background: tokenColour('--bg'),
    text: tokenColour('--text'),
    muted: tokenColour('--muted'),
    line,
    lineStrong: tokenColour('--line-strong'),
    accent,
    warn: tokenColour('--warn'),
    bad: tokenColour('--bad'),
    // What is well stays quiet, so that what is not stands out.
    good: `color-mix(in oklab, ${tokenColour('--good')} 35%, ${line})`,
    kinds: new Map(
      KIND_LOOKS.map(({ kind, colour }) => [kind, colour === null ? line : tokenColour(colour)]),
    ),
    ramp: Array.from(
      { length: RAMP_STEPS },
      (_, step) => `color-mix(in oklab, ${accent} ${(step / (RAMP_STEPS - 1)) * 100}%, ${line})`,
    ),
    series: Array.from({ length: SERIES_COUNT }, (_, index) =>
      tokenColour(`--series-${index + 1}`),
    ),
    hatch: drawPattern(hatch, false),
    cross: drawPattern(hatch, true),
  }
}
