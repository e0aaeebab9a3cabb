/** Finds nodes by place: in a box, at a point, or the next one in a direction. Pure. */
import { NODE_HEAD, type Box, type Layout, type NodePlace } from './layout.ts'

export interface NodeIndex {
  readonly inBox: (box: Box) => readonly number[]
  readonly at: (x: number, y: number) => number | null
}

const CELL = 16

export function indexNodes(layout: Layout): NodeIndex {
  const columns = Math.max(1, Math.ceil(layout.width / CELL) + 1)
  const cells = new Map<number, number[]>()
  const span = (box: Box): { x0: number; x1: number; y0: number; y1: number } => ({
    x0: Math.max(0, Math.floor(box.x / CELL)),
    x1: Math.min(columns - 1, Math.floor((box.x + box.width) / CELL)),
    y0: Math.max(0, Math.floor(box.y / CELL)),
    y1: Math.floor((Math.min(box.y + box.height, layout.height) + 1) / CELL),
  })
  for (const [index, place] of layout.nodes.entries()) {
    const { x0, x1, y0, y1 } = span(place)
    for (let y = y0; y <= y1; y++)
      for (let x = x0; x <= x1; x++) {
        const key = y * columns + x
        const cell = cells.get(key)
        if (cell) cell.push(index)
        else cells.set(key, [index])
      }
  }
  const inBox = (box: Box): readonly number[] => {
    const found = new Set<number>()
    const { x0, x1, y0, y1 } = span(box)
    for (let y = y0; y <= y1; y++)
      for (let x = x0; x <= x1; x++)
        for (const index of cells.get(y * columns + x) ?? []) found.add(index)
    return [...found]
  }
  const at = (x: number, y: number): number | null => {
    const near = inBox({ x, y, width: 0, height: 0 })
    return near.find((index) => contains(layout.nodes[index], x, y)) ?? null
  }
  return { inBox, at }
}

function contains(place: NodePlace | undefined, x: number, y: number): boolean {
  if (place === undefined) return false
  return x >= place.x && x < place.x + place.width && y >= place.y && y < place.y + place.height
}

/** Which slot of a node lies at a point; null for its name. */
export function slotAt(place: NodePlace, x: number, y: number): number | null {
  const row = Math.floor(y - place.y - NODE_HEAD)
  const column = Math.floor(x - place.x)
  return row < 0 ? null : row * place.columns + column
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The nearest node in a direction: what lies straight ahead is nearer than what lies aside. */
export function neighbour(layout: Layout, from: number, direction: Direction): number {
  const origin = layout.nodes[from]
  if (origin === undefined) return 0
  const isAcross = direction === 'left' || direction === 'right'
  const sign = direction === 'left' || direction === 'up' ? -1 : 1
  let best = from
  let bestCost = Number.POSITIVE_INFINITY
  for (const [index, place] of layout.nodes.entries()) {
    const dx = place.x - origin.x
    const dy = place.y - origin.y
    const ahead = sign * (isAcross ? dx : dy)
    if (ahead <= 0.01) continue
    const cost = ahead + 8 * Math.abs(isAcross ? dy : dx)
    if (cost < bestCost) {
      best = index
      bestCost = cost
    }
  }
  return best
}
