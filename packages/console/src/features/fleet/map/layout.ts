/**
 * Where everything lies: sites hold pools, pools hold racks, racks hold nodes, nodes hold slots, in physical order. One
 * unit is the pitch of a slot. The width is chosen so that all of it fits the window as large as possible. Pure.
 */
import type { MapNode } from './fleet-model.ts'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface NodePlace extends Box {
  readonly node: string
  readonly columns: number
}

export interface Block extends Box {
  readonly kind: 'site' | 'pool' | 'rack'
  readonly name: string
  readonly nodeCount: number
  readonly slotCount: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** Pixels a unit at which all of it fits. */
  readonly fitScale: number
  readonly nodes: readonly NodePlace[]
  readonly blocks: readonly Block[]
  readonly indexOf: ReadonlyMap<string, number>
}

export interface WindowSize {
  readonly width: number
  readonly height: number
}

/** Above the slots of a node: room for its name. */
export const NODE_HEAD = 0.6
const NODE_GAP_X = 0.5
const NODE_GAP_Y = 0.35
export const RACK_HEAD = 0.8
const RACK_GAP_X = 0.7
const RACK_GAP_Y = 0.5
const RACK_ROWS_MAX = 8
/** Nodes without a rack lie in bundles of this many. */
const BUNDLE = 16
/** Heads of sites and pools in pixels of the whole view. */
const SITE_HEAD_PX = 20
const POOL_HEAD_PX = 18
const GAP_PX = 8
/** A small fleet is not drawn larger than this. */
const FIT_SCALE_MAX = 40

/** Rows and columns of a node's slots. */
export function slotGrid(count: number): { readonly rows: number; readonly columns: number } {
  const rows = count <= 2 ? 1 : count <= 16 ? 2 : Math.max(2, Math.floor(Math.sqrt(count / 2)))
  return { rows, columns: Math.ceil(count / rows) }
}

interface RackShape {
  readonly name: string
  readonly nodes: readonly MapNode[]
  readonly rows: number
  readonly cellWidth: number
  readonly cellHeight: number
  readonly width: number
  readonly height: number
}

interface PoolShape {
  readonly name: string
  readonly racks: readonly RackShape[]
  readonly naturalWidth: number
}

interface SiteShape {
  readonly name: string
  readonly pools: readonly PoolShape[]
}

const order = new Intl.Collator('en', { numeric: true })

function grouped<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  return [...Map.groupBy(items, nameOf)].toSorted(([left], [right]) => order.compare(left, right))
}

function shapeRack(name: string, nodes: readonly MapNode[]): RackShape {
  const grids = nodes.map((node) => slotGrid(node.slots.length))
  const cellWidth = Math.max(...grids.map(({ columns }) => columns)) + NODE_GAP_X
  const cellHeight = Math.max(...grids.map(({ rows }) => rows)) + NODE_HEAD + NODE_GAP_Y
  const rows = Math.min(nodes.length, RACK_ROWS_MAX)
  const columns = Math.ceil(nodes.length / rows)
  return {
    ...{ name, nodes, rows, cellWidth, cellHeight },
    width: columns * cellWidth,
    height: RACK_HEAD + rows * cellHeight,
  }
}

function shapeRacks(nodes: readonly MapNode[]): RackShape[] {
  const inOrder = nodes.toSorted((left, right) => order.compare(left.name, right.name))
  return grouped(inOrder, (node) => node.rack ?? '').flatMap(([name, own]) => {
    if (name !== '') return [shapeRack(name, own)]
    const bundles = Math.ceil(own.length / BUNDLE)
    return Array.from({ length: bundles }, (_, index) =>
      shapeRack('', own.slice(index * BUNDLE, (index + 1) * BUNDLE)),
    )
  })
}

function shapeSites(nodes: readonly MapNode[]): SiteShape[] {
  return grouped(nodes, (node) => node.pool.site).map(([name, ofSite]) => ({
    name,
    pools: grouped(ofSite, (node) => node.pool.name).map(([pool, ofPool]) => {
      const racks = shapeRacks(ofPool)
      const naturalWidth = racks.reduce((sum, rack) => sum + rack.width + RACK_GAP_X, 0)
      return { name: pool, racks, naturalWidth }
    }),
  }))
}

interface Plan {
  readonly nodes: NodePlace[]
  readonly blocks: Block[]
  readonly poolHead: number
}

const slotsOf = (nodes: readonly MapNode[]): number =>
  nodes.reduce((sum, node) => sum + node.slots.length, 0)

function placeRack(plan: Plan, rack: RackShape, at: { x: number; y: number }): void {
  const { width, height } = rack
  const counts = { nodeCount: rack.nodes.length, slotCount: slotsOf(rack.nodes) }
  plan.blocks.push({ kind: 'rack', name: rack.name, ...at, width, height, ...counts })
  for (const [index, node] of rack.nodes.entries()) {
    const { rows, columns } = slotGrid(node.slots.length)
    plan.nodes.push({
      node: node.id,
      columns,
      x: at.x + Math.floor(index / rack.rows) * rack.cellWidth + NODE_GAP_X / 2,
      y: at.y + RACK_HEAD + (index % rack.rows) * rack.cellHeight,
      width: columns,
      height: rows + NODE_HEAD,
    })
  }
}

/** Racks from left to right, in lines as wide as there is room. Answers the height. */
function placePool(plan: Plan, pool: PoolShape, box: Omit<Box, 'height'>): number {
  let x = box.x
  let y = box.y + plan.poolHead
  let lineHeight = 0
  for (const rack of pool.racks) {
    if (x > box.x && x + rack.width > box.x + box.width + 1e-6) {
      x = box.x
      y += lineHeight + RACK_GAP_Y
      lineHeight = 0
    }
    placeRack(plan, rack, { x, y })
    x += rack.width + RACK_GAP_X
    lineHeight = Math.max(lineHeight, rack.height)
  }
  const height = y + lineHeight - box.y
  const nodes = pool.racks.flatMap((rack) => rack.nodes)
  const counts = { nodeCount: nodes.length, slotCount: slotsOf(nodes) }
  plan.blocks.push({ kind: 'pool', name: pool.name, ...box, height, ...counts })
  return height
}

/** Pools side by side where they fit, sites one below another. */
function place(
  sites: readonly SiteShape[],
  width: number,
  scale: number,
): Pick<Layout, 'width' | 'height' | 'nodes' | 'blocks'> {
  const nodes: NodePlace[] = []
  const blocks: Block[] = []
  const gap = GAP_PX / scale
  let y = 0
  for (const site of sites) {
    const top = y
    const plan = { nodes, blocks, poolHead: POOL_HEAD_PX / scale }
    let x = 0
    let lineHeight = 0
    y += SITE_HEAD_PX / scale
    for (const pool of site.pools) {
      const own = Math.min(pool.naturalWidth, width)
      if (x > 0 && x + own > width) {
        y += lineHeight + gap
        x = 0
        lineHeight = 0
      }
      const height = placePool(plan, pool, { x, y, width: own })
      lineHeight = Math.max(lineHeight, height)
      x += own + 2 * gap
    }
    y += lineHeight
    const members = site.pools.flatMap((pool) => pool.racks.flatMap((rack) => rack.nodes))
    const counts = { nodeCount: members.length, slotCount: slotsOf(members) }
    blocks.push({
      ...{ kind: 'site' as const, name: site.name, x: 0, y: top, width, height: y - top },
      ...counts,
    })
    y += gap
  }
  return { width, height: Math.max(0, y - gap), nodes, blocks }
}

const SEARCH_STEPS = 24

/** Lays the fleet out for a window. */
export function layOut(all: Iterable<MapNode>, size: WindowSize): Layout {
  const sites = shapeSites([...all])
  const widest = Math.max(
    1,
    ...sites.flatMap(({ pools }) =>
      pools.flatMap(({ racks }) => racks.map(({ width }) => width + RACK_GAP_X)),
    ),
  )
  const fits = (width: number): boolean => {
    const scale = size.width / width
    return place(sites, width, scale).height * scale <= size.height
  }
  let low = Math.max(widest, size.width / FIT_SCALE_MAX)
  let high = low
  while (!fits(high) && high < 1e6) high *= 2
  for (let step = 0; step < SEARCH_STEPS && high - low > low * 0.002; step++) {
    const middle = (low + high) / 2
    if (fits(middle)) high = middle
    else low = middle
  }
  const width = fits(low) ? low : high
  const fitScale = size.width / width
  const plan = place(sites, width, fitScale)
  return {
    ...plan,
    fitScale,
    indexOf: new Map(plan.nodes.map(({ node }, index) => [node, index])),
  }
}
