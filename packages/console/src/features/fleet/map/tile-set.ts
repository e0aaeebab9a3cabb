/**
 * The map at one scale, cut into tiles that are painted once and then only moved. A change repaints the nodes that
 * changed inside the tiles they lie in; a new look repaints tile by tile while the old picture stays.
 */
import type { MapNode } from './fleet-model.ts'
import type { Box, Layout } from './layout.ts'
import type { NodeIndex } from './node-index.ts'
import { type Ground, type Look, NodeBrush } from './paint-node.ts'

/** Device pixels. */
const TILE = 192
const TILES_MAX = 1200
const SPARE_MAX = 300

interface Tile {
  readonly column: number
  readonly row: number
  readonly context: CanvasRenderingContext2D
  /** Which look it was painted in; 0: never. */
  paintedIn: number
  /** Nodes that changed since it was painted. */
  readonly changed: Set<number>
  usedAt: number
}

export interface Scenery {
  readonly layout: Layout
  readonly index: NodeIndex
  readonly nodeOf: (index: number) => MapNode | undefined
  readonly look: Look
  /** Greater with each new look. */
  readonly edition: number
}

function makeContext(): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas')
  canvas.width = TILE
  canvas.height = TILE
  const context = canvas.getContext('2d', { alpha: false })
  if (context === null) throw new Error('The browser gives no canvas to draw on.')
  return context
}

export class TileSet {
  /** Device pixels a unit. */
  readonly scale: number
  readonly #pixelRatio: number
  readonly #tiles = new Map<string, Tile>()
  #uses = 0

  readonly #spare: CanvasRenderingContext2D[]

  /** `spare`: canvases that nobody uses any more, which are dear to make. */
  constructor(scale: number, pixelRatio: number, spare: CanvasRenderingContext2D[]) {
    this.scale = scale
    this.#pixelRatio = pixelRatio
    this.#spare = spare
  }

  /** What of some nodes lies in painted tiles is painted again when next seen. */
  touch(indexes: readonly number[], layout: Layout): void {
    for (const index of indexes) {
      const place = layout.nodes[index]
      if (place) for (const tile of this.#existing(place)) tile.changed.add(index)
    }
  }

  /** Draws what there is of a box of units; `to` maps units to pixels of the target. */
  draw(
    target: CanvasRenderingContext2D,
    box: Box,
    to: { readonly scale: number; readonly x: number; readonly y: number },
  ): void {
    const ratio = to.scale / this.scale
    for (const tile of this.#existing(box)) {
      if (tile.paintedIn === 0) continue
      tile.usedAt = ++this.#uses
      const x = tile.column * TILE * ratio - to.x
      const y = tile.row * TILE * ratio - to.y
      if (ratio === 1) target.drawImage(tile.context.canvas, x, y)
      else target.drawImage(tile.context.canvas, x, y, TILE * ratio, TILE * ratio)
    }
  }

  /** Paints what is missing in a box until the time is up. Answers whether all of it is there. */
  paint(box: Box, scenery: Scenery, isTimeUp: () => boolean): boolean {
    const missing = [...this.#span(box)].filter(([column, row]) => {
      const tile = this.#tiles.get(`${column}:${row}`)
      return !tile || tile.paintedIn !== scenery.edition || tile.changed.size > 0
    })
    // What was never painted comes first: it shows as a hole.
    const isThere = ([column, row]: readonly [number, number]): number =>
      this.#tiles.has(`${column}:${row}`) ? 1 : 0
    missing.sort((left, right) => isThere(left) - isThere(right))
    for (const [done, [column, row]] of missing.entries()) {
      if (done > 0 && isTimeUp()) return false
      this.#paintTile(this.#tile(column, row), scenery)
    }
    this.#forgetOld()
    return true
  }

  /** Gives its canvases to sets that come after it. */
  release(): void {
    for (const { context } of this.#tiles.values()) this.#spare.push(context)
    this.#spare.length = Math.min(this.#spare.length, SPARE_MAX)
    this.#tiles.clear()
  }

  *#span(box: Box): Generator<readonly [number, number]> {
    const side = TILE / this.scale
    const last = { column: (box.x + box.width) / side, row: (box.y + box.height) / side }
    for (let row = Math.max(0, Math.floor(box.y / side)); row <= last.row; row++)
      for (let column = Math.max(0, Math.floor(box.x / side)); column <= last.column; column++)
        yield [column, row]
  }

  *#existing(box: Box): Generator<Tile> {
    for (const [column, row] of this.#span(box)) {
      const tile = this.#tiles.get(`${column}:${row}`)
      if (tile) yield tile
    }
  }

  #tile(column: number, row: number): Tile {
    const key = `${column}:${row}`
    const known = this.#tiles.get(key)
    if (known) return known
    const context = this.#spare.pop() ?? makeContext()
    const tile = { column, row, context, paintedIn: 0, changed: new Set<number>(), usedAt: 0 }
    this.#tiles.set(key, tile)
    return tile
  }

  #paintTile(tile: Tile, scenery: Scenery): void {
    const ground: Ground = {
      context: tile.context,
      scale: this.scale,
      x: tile.column * TILE,
      y: tile.row * TILE,
      pixelRatio: this.#pixelRatio,
    }
    const isWhole = tile.paintedIn !== scenery.edition
    const side = TILE / this.scale
    const box = { x: tile.column * side, y: tile.row * side, width: side, height: side }
    const indexes = isWhole ? scenery.index.inBox(box) : [...tile.changed]
    tile.context.fillStyle = scenery.look.palette.background
    if (isWhole) tile.context.fillRect(0, 0, TILE, TILE)
    const brush = new NodeBrush(ground, scenery.look)
    for (const index of indexes) {
      const place = scenery.layout.nodes[index]
      const node = scenery.nodeOf(index)
      if (place === undefined || node === undefined) continue
      if (!isWhole) this.#clear(ground, place, scenery.look.palette.background)
      brush.paint(place, node)
    }
    tile.paintedIn = scenery.edition
    tile.changed.clear()
  }

  /** A little more than the node, because its frame has a width. */
  #clear(ground: Ground, place: Box, colour: string): void {
    const margin = this.#pixelRatio
    const left = Math.round(place.x * this.scale) - ground.x - margin
    const top = Math.round(place.y * this.scale) - ground.y
    const right = Math.round((place.x + place.width) * this.scale) - ground.x + margin
    const bottom = Math.round((place.y + place.height) * this.scale) - ground.y + margin
    ground.context.fillStyle = colour
    ground.context.fillRect(left, top, right - left, bottom - top)
  }

  #forgetOld(): void {
    if (this.#tiles.size <= TILES_MAX) return
    const oldest = [...this.#tiles].toSorted(([, left], [, right]) => left.usedAt - right.usedAt)
    for (const [key] of oldest.slice(0, this.#tiles.size - TILES_MAX)) this.#tiles.delete(key)
  }
}
