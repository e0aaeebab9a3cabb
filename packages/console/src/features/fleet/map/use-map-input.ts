/** What the reader's hands do on the map: drag, wheel, pinch, keys. */
import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react'
import { type Camera, fitCamera, isFit, panBy, reveal, showBox, toUnits, zoomAt } from './camera.ts'
import { type Direction, neighbour, slotAt } from './node-index.ts'
import type { MapSurface } from './surface.ts'

export interface Pointed {
  readonly node: string
  readonly slot: number | null
  /** Where it lies in the window of the browser. */
  readonly x: number
  readonly top: number
  readonly bottom: number
}

interface MapInput {
  readonly canvas: RefObject<HTMLCanvasElement | null>
  readonly surface: RefObject<MapSurface | null>
  readonly onPoint: (pointed: Pointed | null) => void
  readonly onSelect: (node: string | null) => void
  readonly onOpen: (node: string) => void
}

interface Spot {
  readonly x: number
  readonly y: number
}

const KEY_ZOOM = 1.5
const WHEEL_ZOOM = 0.0018
const PAN_STEP = 80
/** A press that moves less is a click. */
const CLICK_PX = 4
const NODE_SCALE_MAX = 60

export function pointAt(
  surface: MapSurface,
  canvas: HTMLCanvasElement,
  spot: Spot,
): Pointed | null {
  const { layout, index, camera } = surface
  const units = toUnits(camera, spot)
  const found = index?.at(units.x, units.y) ?? null
  const place = found === null ? undefined : layout?.nodes[found]
  const node = found === null ? undefined : surface.nodeAt(found)
  if (place === undefined || node === undefined) return null
  const slot = slotAt(place, units.x, units.y)
  const box = canvas.getBoundingClientRect()
  const top = box.top + (place.y - camera.y) * camera.scale
  return {
    node: node.id,
    slot: slot !== null && slot < node.slots.length ? slot : null,
    x: box.left + (place.x + place.width / 2 - camera.x) * camera.scale,
    top,
    bottom: top + place.height * camera.scale,
  }
}

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

/** Where a key takes the camera; null for a key that does not move it. */
function cameraKey(surface: MapSurface, event: KeyboardEvent): Camera | null {
  const { layout, camera, size } = surface
  if (layout === null) return null
  const middle = { x: size.width / 2, y: size.height / 2 }
  if (event.key === '+' || event.key === '=')
    return zoomAt(camera, { point: middle, factor: KEY_ZOOM }, layout)
  if (event.key === '-') return zoomAt(camera, { point: middle, factor: 1 / KEY_ZOOM }, layout)
  if (event.key === '0' || event.key === 'Home') return fitCamera(layout)
  const direction = DIRECTIONS[event.key]
  if (direction === undefined || !event.shiftKey) return null
  const by = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] }[direction]
  return panBy(camera, { x: (by[0] ?? 0) * PAN_STEP, y: (by[1] ?? 0) * PAN_STEP })
}

/** The node in the middle of what is shown: where the keyboard begins. */
function middleNode(surface: MapSurface): number {
  const { layout, camera, size } = surface
  const middle = toUnits(camera, { x: size.width / 2, y: size.height / 2 })
  let best = 0
  let bestDistance = Number.POSITIVE_INFINITY
  for (const [index, place] of layout?.nodes.entries() ?? []) {
    const distance = Math.hypot(place.x - middle.x, place.y - middle.y)
    if (distance < bestDistance) {
      best = index
      bestDistance = distance
    }
  }
  return best
}

/** Arrow keys go from node to node. Answers the node to select. */
export function stepNode(
  surface: MapSurface,
  selected: string | null,
  direction: Direction,
): string | null {
  const { layout } = surface
  if (layout === null) return null
  const from = layout.indexOf.get(selected ?? '')
  const to = from === undefined ? middleNode(surface) : neighbour(layout, from, direction)
  const place = layout.nodes[to]
  if (place === undefined) return null
  surface.moveTo(reveal(surface.camera, place, surface.size))
  return place.node
}

/** Zooms to a node far enough that its slots can be read. */
export function zoomToNode(surface: MapSurface, node: string): void {
  const place = surface.layout?.nodes[surface.layout.indexOf.get(node) ?? -1]
  if (place) surface.moveTo(showBox(place, surface.size, NODE_SCALE_MAX))
}

export function onMapKey(
  surface: MapSurface | null,
  event: KeyboardEvent,
  deps: { selected: string | null } & Pick<MapInput, 'onSelect' | 'onOpen'>,
): void {
  if (surface === null || event.ctrlKey || event.metaKey || event.altKey) return
  const camera = cameraKey(surface, event)
  const direction = DIRECTIONS[event.key]
  if (camera !== null) surface.moveTo(camera)
  else if (direction !== undefined) deps.onSelect(stepNode(surface, deps.selected, direction))
  else if (event.key === 'Enter' && deps.selected !== null) deps.onOpen(deps.selected)
  else if (event.key === ' ' && deps.selected !== null) zoomToNode(surface, deps.selected)
  else if (event.key === 'Escape' && deps.selected !== null) deps.onSelect(null)
  else return
  event.preventDefault()
}

interface Hands {
  readonly pointers: Map<number, Spot>
  pressed: Spot | null
  hasMoved: boolean
}

function spread(pointers: ReadonlyMap<number, Spot>): { middle: Spot; distance: number } {
  const [one, two] = [...pointers.values()]
  const first = one ?? { x: 0, y: 0 }
  const second = two ?? first
  return {
    middle: { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2 },
    distance: Math.hypot(first.x - second.x, first.y - second.y),
  }
}

/** A finger or the pressed mouse pans; two fingers also zoom. */
function dragBy(surface: MapSurface, pointers: Map<number, Spot>, moved: [number, Spot]): void {
  const before = spread(pointers)
  pointers.set(...moved)
  const now = spread(pointers)
  const layout = surface.layout
  if (layout === null) return
  const by = { x: now.middle.x - before.middle.x, y: now.middle.y - before.middle.y }
  const panned = panBy(surface.camera, by)
  const factor = before.distance > 0 && now.distance > 0 ? now.distance / before.distance : 1
  surface.moveTo(factor === 1 ? panned : zoomAt(panned, { point: now.middle, factor }, layout))
}

/** What happened to the canvas, with the map on it as it is now. */
interface Scene {
  readonly element: HTMLCanvasElement
  readonly map: MapSurface
  readonly hands: Hands
  readonly input: MapInput
}

function spotOf(event: MouseEvent, element: HTMLElement): Spot {
  const box = element.getBoundingClientRect()
  return { x: event.clientX - box.left, y: event.clientY - box.top }
}

function onPointerDown(event: PointerEvent, { element, hands }: Scene): void {
  const spot = spotOf(event, element)
  element.setPointerCapture(event.pointerId)
  hands.hasMoved = hands.pointers.size > 0
  hands.pressed = spot
  hands.pointers.set(event.pointerId, spot)
}

function onPointerMove(event: PointerEvent, { element, map, hands, input }: Scene): void {
  const spot = spotOf(event, element)
  const { pressed, pointers } = hands
  if (!pointers.has(event.pointerId) || pressed === null) {
    input.onPoint(pointAt(map, element, spot))
    return
  }
  const isFar = Math.hypot(spot.x - pressed.x, spot.y - pressed.y) > CLICK_PX
  if (!hands.hasMoved && !isFar) return
  if (!hands.hasMoved) input.onPoint(null)
  hands.hasMoved = true
  dragBy(map, pointers, [event.pointerId, spot])
}

function onPointerUp(event: PointerEvent, { element, map, hands, input }: Scene): void {
  hands.pointers.delete(event.pointerId)
  if (!hands.hasMoved) input.onSelect(pointAt(map, element, spotOf(event, element))?.node ?? null)
}

function onDoubleClick(event: MouseEvent, { element, map }: Scene): void {
  const pointed = pointAt(map, element, spotOf(event, element))
  if (pointed) zoomToNode(map, pointed.node)
}

function onWheel(event: WheelEvent, { element, map, input }: Scene): void {
  // Turned outwards at the whole map, the wheel is the page's again.
  if (map.layout === null || (event.deltaY > 0 && isFit(map.camera, map.layout))) return
  event.preventDefault()
  const factor = Math.exp(-event.deltaY * WHEEL_ZOOM * (event.ctrlKey ? 4 : 1))
  map.moveTo(zoomAt(map.camera, { point: spotOf(event, element), factor }, map.layout))
  input.onPoint(null)
}

export function useMapInput(input: MapInput): void {
  const latest = useRef(input)
  useEffect(() => {
    latest.current = input
  })
  const { canvas, surface } = input
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const ending = new AbortController()
    const hands: Hands = { pointers: new Map(), pressed: null, hasMoved: false }
    const listen = <K extends keyof HTMLElementEventMap>(
      type: K,
      handle: (event: HTMLElementEventMap[K], scene: Scene) => void,
    ): void => {
      const onEvent = (event: HTMLElementEventMap[K]): void => {
        const map = surface.current
        if (map) handle(event, { element, map, hands, input: latest.current })
      }
      element.addEventListener(type, onEvent, { signal: ending.signal, passive: false })
    }
    listen('pointerdown', onPointerDown)
    listen('pointermove', onPointerMove)
    listen('pointerup', onPointerUp)
    listen('pointercancel', (event) => hands.pointers.delete(event.pointerId))
    listen('pointerleave', () => latest.current.onPoint(null))
    listen('dblclick', onDoubleClick)
    listen('wheel', onWheel)
    return () => ending.abort()
  }, [canvas, surface])
}
