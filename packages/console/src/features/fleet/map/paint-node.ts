/**
 * Draws one node at one scale. Small, its slots are blocks of colour; larger, they get gaps and patterns, then the name
 * of the node, then words. All positions are whole device pixels, so that neighbouring tiles meet exactly.
 */
import { kindLookOf } from '../../../ui/claim-kind.ts'
import { isLeaving, kindOf, type MapNode } from './fleet-model.ts'
import { NODE_HEAD, type NodePlace } from './layout.ts'
import type { Palette } from './palette.ts'
import type { SlotStyle } from './slot-style.ts'

/** Everything that decides how slots look, beside the node itself. */
export interface Look {
  readonly palette: Palette
  readonly fonts: { readonly text: string; readonly mono: string }
  readonly styles: (node: MapNode) => readonly SlotStyle[]
  /** Which slots stand out; null: all alike. */
  readonly matched: (node: MapNode) => readonly boolean[] | null
}

/** Where a tile lies, and how large a unit is in it, all in device pixels. */
export interface Ground {
  readonly context: CanvasRenderingContext2D
  readonly scale: number
  readonly x: number
  readonly y: number
  readonly pixelRatio: number
}

const GAP_FROM = 5
const PATTERN_FROM = 2
const NAME_FROM = 17
const KIND_FROM = 22
const WORDS_FROM = 44
const DIMMED = 0.16
const MONO_ASPECT = 0.62

function fillColour(palette: Palette, fill: string): string {
  const [group = '', name = ''] = fill.split(':')
  if (group === 'kind') return palette.kinds.get(name) ?? palette.lineStrong
  if (group === 'series') return palette.series[Number(name)] ?? palette.lineStrong
  if (group === 'ramp') return palette.ramp[Number(name)] ?? palette.line
  if (group === 'good') return palette.good
  return group === 'warn' ? palette.warn : palette.bad
}

interface Cell {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function cellOf(ground: Ground, place: NodePlace, slot: number): Cell {
  const { scale } = ground
  const column = slot % place.columns
  const row = Math.floor(slot / place.columns)
  const left = Math.round((place.x + column) * scale)
  const top = Math.round((place.y + NODE_HEAD + row) * scale)
  const gap = scale / ground.pixelRatio >= GAP_FROM ? Math.max(1, Math.round(scale * 0.08)) : 0
  return {
    x: left - ground.x,
    y: top - ground.y,
    width: Math.round((place.x + column + 1) * scale) - left - gap,
    height: Math.round((place.y + NODE_HEAD + row + 1) * scale) - top - gap,
  }
}

function fillCell(ground: Ground, cell: Cell, style: SlotStyle, palette: Palette): void {
  const { context } = ground
  const size = ground.scale / ground.pixelRatio
  if (style.fill === 'kind:free' && size >= GAP_FROM) {
    context.strokeStyle = palette.lineStrong
    context.lineWidth = ground.pixelRatio
    const half = ground.pixelRatio / 2
    context.strokeRect(cell.x + half, cell.y + half, cell.width - 2 * half, cell.height - 2 * half)
    return
  }
  context.fillStyle = fillColour(palette, style.fill)
  context.fillRect(cell.x, cell.y, cell.width, cell.height)
  if (style.pattern === 'none' || size < PATTERN_FROM) return
  context.fillStyle = palette[style.pattern]
  context.fillRect(cell.x, cell.y, cell.width, cell.height)
}

/** A node that takes no work is framed; one that is down is struck through. */
function frameNode(ground: Ground, place: NodePlace, node: MapNode, palette: Palette): void {
  if (node.state === 'ready') return
  const { context, scale, pixelRatio } = ground
  const isBad = node.state === 'faulty'
  const left = Math.round(place.x * scale) - ground.x
  const top = Math.round((place.y + NODE_HEAD) * scale) - ground.y
  const right = Math.round((place.x + place.width) * scale) - ground.x
  const bottom = Math.round((place.y + place.height) * scale) - ground.y
  context.strokeStyle = isBad ? palette.bad : palette.warn
  context.lineWidth = Math.max(1, Math.min(2, scale / pixelRatio / 8)) * pixelRatio
  context.setLineDash(isBad ? [] : [4 * pixelRatio, 2 * pixelRatio])
  context.strokeRect(left, top, right - left, bottom - top)
  context.setLineDash([])
  if (!isBad) return
  context.beginPath()
  context.moveTo(left, bottom)
  context.lineTo(right, top)
  context.stroke()
}

function shorten(text: string, room: number, characterWidth: number): string {
  const count = Math.floor(room / characterWidth)
  if (text.length <= count) return text
  return count < 3 ? '' : `${text.slice(0, count - 1)}…`
}

function nameNode(ground: Ground, place: NodePlace, node: MapNode, look: Look): void {
  const { context, scale, pixelRatio } = ground
  const size = Math.min(12 * pixelRatio, scale * NODE_HEAD * 0.78)
  context.font = `${size}px ${look.fonts.mono}`
  context.fillStyle = node.state === 'faulty' ? look.palette.bad : look.palette.muted
  context.textBaseline = 'alphabetic'
  const room = place.width * scale
  context.fillText(
    shorten(node.name, room, size * MONO_ASPECT),
    Math.round(place.x * scale) - ground.x,
    Math.round((place.y + NODE_HEAD) * scale) - ground.y - size * 0.3,
  )
}

/** Words in a slot: its kind, and whose it is where there is room. */
function wordSlot(ground: Ground, cell: Cell, node: MapNode, slot: number): string[] {
  const letter = node.slots[slot] ?? '-'
  const kind = kindOf(letter)
  const look = kindLookOf(kind)
  const size = ground.scale / ground.pixelRatio
  if (kind === 'free') return size < WORDS_FROM ? [] : ['free']
  if (size < WORDS_FROM) return [isLeaving(letter) ? 'DR' : look.short]
  const owner = node.owners[slot]
  const first = isLeaving(letter) ? `${look.word}, leaving` : look.word
  return [first, owner?.lease ?? '', owner?.organization ?? ''].slice(
    0,
    Math.max(1, Math.floor(cell.height / (15 * ground.pixelRatio))),
  )
}

interface Label {
  readonly style: SlotStyle
  readonly lines: readonly string[]
}

function labelSlot(ground: Ground, cell: Cell, { style, lines }: Label, look: Look): void {
  const { context, pixelRatio } = ground
  const size = (ground.scale / pixelRatio < WORDS_FROM ? 10 : 11) * pixelRatio
  const pad = 3 * pixelRatio
  context.font = `550 ${size}px ${look.fonts.text}`
  context.textBaseline = 'top'
  for (const [index, line] of lines.entries()) {
    const text = shorten(line, cell.width - 2 * pad, size * 0.56)
    const y = cell.y + pad + index * size * 1.25
    if (style.pattern !== 'none') {
      // A pattern would run through the letters.
      context.fillStyle = fillColour(look.palette, style.fill)
      context.fillRect(cell.x, y - 1, context.measureText(text).width + 2 * pad, size * 1.25)
    }
    context.fillStyle = inkOn(style.fill, look.palette)
    context.fillText(text, cell.x + pad, y)
  }
}

/** Text on a fill, readable on it in either theme. */
function inkOn(fill: string, palette: Palette): string {
  return fill === 'kind:free' || fill === 'ramp:0' || fill === 'ramp:1'
    ? palette.muted
    : palette.background
}

/** Small slots of one look beside each other are one rectangle. */
function fillRuns(
  ground: Ground,
  place: NodePlace,
  styles: readonly SlotStyle[],
  { palette, matched }: { palette: Palette; matched: readonly boolean[] | null },
): void {
  const isAlike = (one: number, other: number): boolean =>
    styles[one]?.fill === styles[other]?.fill &&
    styles[one]?.pattern === styles[other]?.pattern &&
    matched?.[one] === matched?.[other]
  for (let first = 0; first < styles.length;) {
    const rowEnd = Math.min(styles.length, (Math.floor(first / place.columns) + 1) * place.columns)
    let next = first + 1
    while (next < rowEnd && isAlike(first, next)) next += 1
    const from = cellOf(ground, place, first)
    const to = cellOf(ground, place, next - 1)
    const style = styles[first]
    ground.context.globalAlpha = matched === null || matched[first] === true ? 1 : DIMMED
    if (style) fillCell(ground, { ...from, width: to.x + to.width - from.x }, style, palette)
    first = next
  }
}

export function paintNode(ground: Ground, place: NodePlace, node: MapNode, look: Look): void {
  const { context } = ground
  const size = ground.scale / ground.pixelRatio
  const styles = look.styles(node)
  const matched = look.matched(node)
  if (size < GAP_FROM) fillRuns(ground, place, styles, { palette: look.palette, matched })
  else
    for (const [slot, style] of styles.entries()) {
      const cell = cellOf(ground, place, slot)
      context.globalAlpha = matched === null || matched[slot] === true ? 1 : DIMMED
      fillCell(ground, cell, style, look.palette)
      if (size < KIND_FROM) continue
      labelSlot(ground, cell, { style, lines: wordSlot(ground, cell, node, slot) }, look)
    }
  context.globalAlpha = matched === null || matched.includes(true) ? 1 : DIMMED
  frameNode(ground, place, node, look.palette)
  if (size >= NAME_FROM) nameNode(ground, place, node, look)
  context.globalAlpha = 1
}
