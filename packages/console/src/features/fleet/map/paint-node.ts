/**
 * Draws one node at one scale. Small, its slots are blocks of colour; larger, they get gaps and patterns, then the name
 * of the node, then words. All positions are whole device pixels, so that neighbouring tiles meet exactly.
 */
import { kindLookOf } from '../../../ui/claim-kind.ts'
import { isLeaving, kindOf, type MapNode } from './fleet-model.ts'
import { NODE_HEAD, type NodePlace } from './layout.ts'
import type { Palette } from './palette.ts'
import { isBroken, type SlotStyle } from './slot-style.ts'

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
const LINE_PX = 15
const DIMMED = 0.16
const MONO_ASPECT = 0.62
const TEXT_ASPECT = 0.56

interface Cell {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function fillColour(palette: Palette, fill: string): string {
  const [group = '', name = ''] = fill.split(':')
  if (group === 'kind') return palette.kinds.get(name) ?? palette.lineStrong
  if (group === 'series') return palette.series[Number(name)] ?? palette.lineStrong
  if (group === 'ramp') return palette.ramp[Number(name)] ?? palette.line
  if (group === 'good') return palette.good
  return group === 'warn' ? palette.warn : palette.bad
}

/** Text on a fill, readable on it in either theme. */
function inkOn(fill: string, palette: Palette): string {
  return fill === 'kind:free' || fill === 'ramp:0' || fill === 'ramp:1'
    ? palette.muted
    : palette.background
}

function shorten(text: string, room: number, characterWidth: number): string {
  const count = Math.floor(room / characterWidth)
  if (text.length <= count) return text
  return count < 3 ? '' : `${text.slice(0, count - 1)}…`
}

/** What a slot says of itself, line by line, at a size in pixels. */
function slotWords(node: MapNode, slot: number, size: number): readonly string[] {
  const letter = node.slots[slot] ?? '-'
  const kind = kindOf(letter)
  const look = kindLookOf(kind)
  if (kind === 'free') return size < WORDS_FROM ? [] : ['free']
  if (size < WORDS_FROM) return [isLeaving(letter) ? 'DR' : look.short]
  const owner = node.owners[slot]
  const first = isLeaving(letter) ? `${look.word}, leaving` : look.word
  const lines = [first, owner?.lease ?? '', owner?.organization ?? ''].filter(Boolean)
  return lines.slice(0, Math.max(1, Math.floor(size / LINE_PX)))
}

/** Draws nodes onto one tile. */
export class NodeBrush {
  readonly #ground: Ground
  readonly #look: Look
  /** Of a slot, in CSS pixels: what decides how much is drawn. */
  readonly #size: number

  constructor(ground: Ground, look: Look) {
    this.#ground = ground
    this.#look = look
    this.#size = ground.scale / ground.pixelRatio
  }

  paint(place: NodePlace, node: MapNode): void {
    const { context } = this.#ground
    const matched = this.#look.matched(node)
    if (this.#size < GAP_FROM) this.#paintRuns(place, node)
    else
      for (const [slot, style] of this.#look.styles(node).entries()) {
        const cell = this.#cellOf(place, slot)
        context.globalAlpha = matched === null || matched[slot] === true ? 1 : DIMMED
        this.#fill(cell, style)
        if (this.#size >= KIND_FROM) this.#label(cell, style, slotWords(node, slot, this.#size))
      }
    context.globalAlpha = matched === null || matched.includes(true) ? 1 : DIMMED
    this.#frame(place, node)
    if (this.#size >= NAME_FROM) this.#name(place, node)
    context.globalAlpha = 1
  }

  #cellOf(place: NodePlace, slot: number): Cell {
    const { scale, x, y } = this.#ground
    const column = slot % place.columns
    const row = Math.floor(slot / place.columns)
    const left = Math.round((place.x + column) * scale)
    const top = Math.round((place.y + NODE_HEAD + row) * scale)
    const gap = this.#size >= GAP_FROM ? Math.max(1, Math.round(scale * 0.08)) : 0
    return {
      x: left - x,
      y: top - y,
      width: Math.round((place.x + column + 1) * scale) - left - gap,
      height: Math.round((place.y + NODE_HEAD + row + 1) * scale) - top - gap,
    }
  }

  #fill({ x, y, width, height }: Cell, style: SlotStyle): void {
    const { context, pixelRatio } = this.#ground
    const { palette } = this.#look
    if (style.fill === 'kind:free' && this.#size >= GAP_FROM) {
      context.strokeStyle = palette.lineStrong
      context.lineWidth = pixelRatio
      const half = pixelRatio / 2
      context.strokeRect(x + half, y + half, width - pixelRatio, height - pixelRatio)
      return
    }
    context.fillStyle = fillColour(palette, style.fill)
    context.fillRect(x, y, width, height)
    if (style.pattern === 'none' || this.#size < PATTERN_FROM) return
    context.fillStyle = palette[style.pattern]
    context.fillRect(x, y, width, height)
  }

  /** Small slots of one look beside each other are one rectangle. */
  #paintRuns(place: NodePlace, node: MapNode): void {
    const styles = this.#look.styles(node)
    const matched = this.#look.matched(node)
    const isAlike = (one: number, other: number): boolean =>
      styles[one]?.fill === styles[other]?.fill &&
      styles[one]?.pattern === styles[other]?.pattern &&
      matched?.[one] === matched?.[other]
    for (let first = 0; first < styles.length;) {
      const rowEnd = (Math.floor(first / place.columns) + 1) * place.columns
      let next = first + 1
      while (next < Math.min(styles.length, rowEnd) && isAlike(first, next)) next += 1
      const from = this.#cellOf(place, first)
      const to = this.#cellOf(place, next - 1)
      const style = styles[first]
      const isFull = matched === null || matched[first] === true
      this.#ground.context.globalAlpha = isFull ? 1 : DIMMED
      if (style) this.#fill({ ...from, width: to.x + to.width - from.x }, style)
      first = next
    }
  }

  /** A node that takes no work is framed; one that is broken is struck through. */
  #frame(place: NodePlace, node: MapNode): void {
    if (node.state === 'ready') return
    const { context, scale, pixelRatio, x, y } = this.#ground
    const { palette } = this.#look
    const isBad = isBroken(node)
    const left = Math.round(place.x * scale) - x
    const top = Math.round((place.y + NODE_HEAD) * scale) - y
    const right = Math.round((place.x + place.width) * scale) - x
    const bottom = Math.round((place.y + place.height) * scale) - y
    context.strokeStyle = isBad ? palette.bad : palette.warn
    context.lineWidth = Math.max(1, Math.min(2, this.#size / 8)) * pixelRatio
    context.setLineDash(isBad ? [] : [4 * pixelRatio, 2 * pixelRatio])
    context.strokeRect(left, top, right - left, bottom - top)
    context.setLineDash([])
    if (!isBad) return
    context.beginPath()
    context.moveTo(left, bottom)
    context.lineTo(right, top)
    context.stroke()
  }

  #name(place: NodePlace, node: MapNode): void {
    const { context, scale, pixelRatio, x, y } = this.#ground
    const { palette, fonts } = this.#look
    const size = Math.min(12 * pixelRatio, scale * NODE_HEAD * 0.78)
    context.font = `${size}px ${fonts.mono}`
    context.fillStyle = isBroken(node) ? palette.bad : palette.muted
    context.textBaseline = 'alphabetic'
    context.fillText(
      shorten(node.name, place.width * scale, size * MONO_ASPECT),
      Math.round(place.x * scale) - x,
      Math.round((place.y + NODE_HEAD) * scale) - y - size * 0.3,
    )
  }

  #label(cell: Cell, style: SlotStyle, lines: readonly string[]): void {
    const { context, pixelRatio } = this.#ground
    const { palette, fonts } = this.#look
    const size = (this.#size < WORDS_FROM ? 10 : 11) * pixelRatio
    const pad = 3 * pixelRatio
    context.font = `550 ${size}px ${fonts.text}`
    context.textBaseline = 'top'
    for (const [index, line] of lines.entries()) {
      const text = shorten(line, cell.width - 2 * pad, size * TEXT_ASPECT)
      const y = cell.y + pad + index * size * 1.25
      if (style.pattern !== 'none') {
        // A pattern would run through the letters.
        context.fillStyle = fillColour(palette, style.fill)
        context.fillRect(cell.x, y - 1, context.measureText(text).width + 2 * pad, size * 1.25)
      }
      context.fillStyle = inkOn(style.fill, palette)
      context.fillText(text, cell.x + pad, y)
    }
  }
}
