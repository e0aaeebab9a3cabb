/** Names of sites, pools and racks over the map, in letters of one size; they stay in view as long as their block does. */
import { plural } from '../../../ui/format/numbers.ts'
import type { Camera } from './camera.ts'
import { type Block, type Layout, RACK_HEAD, type WindowSize } from './layout.ts'
import type { Look } from './paint-node.ts'

const RACK_FROM = 13
const RACK_LINES_FROM = 4
const BASELINES: Record<Block['kind'], number> = { site: 16, pool: 14, rack: 0 }

export interface LabelDeps {
  readonly context: CanvasRenderingContext2D
  readonly camera: Camera
  readonly size: WindowSize
  readonly look: Look
}

function isVisible({ x, y, width, height }: Block, { camera, size }: LabelDeps): boolean {
  return (
    x < camera.x + size.width / camera.scale &&
    x + width > camera.x &&
    y < camera.y + size.height / camera.scale &&
    y + height > camera.y
  )
}

function countWords(block: Block): string {
  return `${plural(block.nodeCount, 'node')} · ${plural(block.slotCount, 'slot')}`
}

/** Cuts text to a width; nothing rather than a stump. */
function fitText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text
  for (let end = text.length - 1; end > 2; end--)
    if (context.measureText(`${text.slice(0, end)}…`).width <= room) return `${text.slice(0, end)}…`
  return ''
}

function drawHead(block: Block, deps: LabelDeps): void {
  const { context, camera, look } = deps
  const isSite = block.kind === 'site'
  const left = Math.max(0, (block.x - camera.x) * camera.scale)
  const right = Math.min(deps.size.width, (block.x + block.width - camera.x) * camera.scale)
  const top = (block.y - camera.y) * camera.scale
  // A head whose block begins above the window stays at the upper edge; the site's stays above its pools'.
  const sticky = isSite ? 0 : 20
  const bottom = (block.y + block.height - camera.y) * camera.scale
  const y = Math.min(Math.max(top, sticky), bottom - 20)
  const room = right - left - 4
  if (room < 24) return
  context.font = `${isSite ? 650 : 550} 12px ${look.fonts.text}`
  const name = fitText(context, block.name, room)
  const nameWidth = context.measureText(name).width
  context.font = `400 12px ${look.fonts.text}`
  const count = nameWidth + 8 + context.measureText(countWords(block)).width < room
  if (y > top + 1) {
    context.globalAlpha = 0.88
    context.fillStyle = look.palette.background
    context.fillRect(left, y, count ? nameWidth + 190 : nameWidth + 8, 20)
    context.globalAlpha = 1
  }
  context.textBaseline = 'alphabetic'
  context.fillStyle = look.palette.muted
  if (count) context.fillText(countWords(block), left + nameWidth + 8, y + BASELINES[block.kind])
  context.font = `${isSite ? 650 : 550} 12px ${look.fonts.text}`
  context.fillStyle = look.palette.text
  context.fillText(name, left, y + BASELINES[block.kind])
}

function drawRack(block: Block, deps: LabelDeps): void {
  const { context, camera, look } = deps
  const left = Math.round((block.x - camera.x) * camera.scale)
  const top = Math.round((block.y - camera.y) * camera.scale)
  const width = Math.round(block.width * camera.scale)
  const head = RACK_HEAD * camera.scale
  if (block.name === '') return
  context.fillStyle = look.palette.line
  context.fillRect(left, Math.round(top + head - 2), width - 2, 1)
  if (camera.scale < RACK_FROM) return
  const size = Math.min(12, head * 0.75)
  context.font = `550 ${size}px ${look.fonts.text}`
  context.textBaseline = 'alphabetic'
  context.fillStyle = look.palette.text
  context.fillText(fitText(context, block.name, width), left, top + head - 5)
}

/** Draws the labels of what is in view, the outermost last. */
export function drawLabels(layout: Layout, deps: LabelDeps): void {
  const visible = layout.blocks.filter((block) => isVisible(block, deps))
  if (deps.camera.scale >= RACK_LINES_FROM)
    for (const block of visible) if (block.kind === 'rack') drawRack(block, deps)
  for (const block of visible) if (block.kind === 'pool') drawHead(block, deps)
  for (const block of visible) if (block.kind === 'site') drawHead(block, deps)
}
