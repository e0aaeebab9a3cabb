/**
 * The map on its canvas: keeps tiles, moves them with the camera, and paints what is missing a few milliseconds a frame,
 * so that no frame is late. Knows nothing of React; it is told what is and tells where the camera went.
 */
import { type Camera, clampCamera, fitCamera, isFit } from './camera.ts'
import type { FleetModel, MapNode } from './fleet-model.ts'
import { drawLabels } from './labels.ts'
import { type Box, type Layout, layOut, type WindowSize } from './layout.ts'
import { indexNodes, type NodeIndex } from './node-index.ts'
import type { Look } from './paint-node.ts'
import { type Scenery, TileSet } from './tile-set.ts'

/** How long painting of tiles may take in one frame. */
const PAINT_MS = 4
/** After this long without a zoom, tiles are painted at the new scale. */
const SETTLE_MS = 120
/** Further from its own scale than this, a tile set is replaced even while zooming. */
const STRETCH_MAX = 2
/** Below the map, so that its last line is not cut, in pixels. */
const MARGIN = 6

export interface Mark {
  readonly node: string
  readonly isFocus: boolean
}

export class MapSurface {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #onMove: (camera: Camera) => void
  #size: WindowSize = { width: 1, height: 1 }
  /** How high the canvas may become. */
  #heightMax = 1
  #pixelRatio = 1
  #model: FleetModel | null = null
  #layout: Layout | null = null
  #index: NodeIndex | null = null
  #look: Look | null = null
  #edition = 0
  #camera: Camera = { scale: 1, x: 0, y: 0 }
  /** Of the whole map, at its own scale: never missing for long, whatever else is. */
  #base: TileSet | null = null
  #sharp: TileSet | null = null
  #marks: readonly Mark[] = []
  readonly #spare: CanvasRenderingContext2D[] = []
  #frame = 0
  #zoomedAt = 0

  constructor(canvas: HTMLCanvasElement, onMove: (camera: Camera) => void) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('The browser gives no canvas to draw on.')
    this.#canvas = canvas
    this.#context = context
    this.#onMove = onMove
  }

  get layout(): Layout | null {
    return this.#layout
  }

  get index(): NodeIndex | null {
    return this.#index
  }

  get camera(): Camera {
    return this.#camera
  }

  get size(): WindowSize {
    return this.#size
  }

  /** The map becomes as high as it needs, up to a bound. */
  resize({ width, heightMax }: { width: number; heightMax: number }, pixelRatio: number): void {
    const isSame = width === this.#size.width && heightMax === this.#heightMax
    if (width < 1 || (isSame && pixelRatio === this.#pixelRatio)) return
    this.#size = { width, height: this.#size.height }
    this.#heightMax = heightMax
    this.#pixelRatio = pixelRatio
    this.#layOut()
    // A resized canvas is empty: it is filled at once rather than in the next frame.
    this.#draw()
  }

  setModel(model: FleetModel): void {
    const before = this.#model
    this.#model = model
    if (before?.shape !== model.shape) {
      this.#layOut()
      return
    }
    const layout = this.#layout
    if (layout === null || model.changed === null) return
    const indexes = [...model.changed].flatMap((id) => layout.indexOf.get(id) ?? [])
    this.#base?.touch(indexes, layout)
    this.#sharp?.touch(indexes, layout)
    this.#request()
  }

  setLook(look: Look): void {
    this.#look = look
    this.#edition += 1
    this.#request()
  }

  setMarks(marks: readonly Mark[]): void {
    this.#marks = marks
    this.#request()
  }

  moveTo(camera: Camera): void {
    if (this.#layout === null) return
    const next = clampCamera(camera, this.#layout, this.#size)
    if (next.scale !== this.#camera.scale) this.#zoomedAt = performance.now()
    this.#camera = next
    this.#onMove(next)
    this.#request()
  }

  nodeAt(index: number): MapNode | undefined {
    const place = this.#layout?.nodes[index]
    return place && this.#model?.nodes.get(place.node)
  }

  end(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
  }

  #layOut(): void {
    if (this.#model === null || this.#size.width <= 1) return
    // A canvas that changes its size loses what was drawn.
    const wasWhole = this.#layout === null || isFit(this.#camera, this.#layout)
    const room = { width: this.#size.width, height: this.#heightMax }
    const layout = layOut(this.#model.nodes.values(), room)
    this.#layout = layout
    const height = Math.ceil(Math.min(this.#heightMax, layout.height * layout.fitScale + MARGIN))
    this.#size = { width: this.#size.width, height }
    this.#canvas.style.height = `${height}px`
    this.#canvas.width = Math.round(this.#size.width * this.#pixelRatio)
    this.#canvas.height = Math.round(height * this.#pixelRatio)
    this.#index = indexNodes(this.#layout)
    this.#base?.release()
    this.#sharp?.release()
    this.#base = new TileSet(
      this.#layout.fitScale * this.#pixelRatio,
      this.#pixelRatio,
      this.#spare,
    )
    this.#sharp = null
    this.moveTo(wasWhole ? fitCamera(this.#layout) : this.#camera)
  }

  #request(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #scenery(): Scenery | null {
    const [layout, index, look] = [this.#layout, this.#index, this.#look]
    if (layout === null || index === null || look === null) return null
    return { layout, index, look, nodeOf: (at) => this.nodeAt(at), edition: this.#edition }
  }

  /** The tiles of the scale shown: new ones once zooming rests or has gone far. */
  #sharpSet(layout: Layout): TileSet | null {
    if (isFit(this.#camera, layout)) return this.#base
    const wanted = this.#camera.scale * this.#pixelRatio
    const known = this.#sharp
    if (known?.scale === wanted) return known
    const stretch = known === null ? Number.POSITIVE_INFINITY : wanted / known.scale
    const isResting = performance.now() - this.#zoomedAt > SETTLE_MS
    const isFar = stretch > STRETCH_MAX || stretch < 1 / STRETCH_MAX
    if (isResting || isFar) {
      known?.release()
      this.#sharp = new TileSet(wanted, this.#pixelRatio, this.#spare)
    }
    return this.#sharp
  }

  #draw(): void {
    this.#frame = 0
    const scenery = this.#scenery()
    if (scenery === null) return
    const began = performance.now()
    const sharp = this.#sharpSet(scenery.layout)
    const box = this.#view()
    const isTimeUp = (): boolean => performance.now() - began > PAINT_MS
    const isSharpDone = sharp?.paint(box, scenery, isTimeUp) ?? true
    const whole = { x: 0, y: 0, width: scenery.layout.width, height: scenery.layout.height }
    const isBaseDone =
      isSharpDone && !isTimeUp() && (this.#base?.paint(whole, scenery, isTimeUp) ?? true)
    this.#compose(scenery, box, sharp)
    const isZooming = sharp !== null && sharp.scale !== this.#camera.scale * this.#pixelRatio
    if (!isSharpDone || !isBaseDone || (isZooming && !isFit(this.#camera, scenery.layout)))
      this.#request()
  }

  #view(): Box {
    const { scale, x, y } = this.#camera
    return { x, y, width: this.#size.width / scale, height: this.#size.height / scale }
  }

  #compose(scenery: Scenery, box: Box, sharp: TileSet | null): void {
    const context = this.#context
    const { scale, x, y } = this.#camera
    const device = scale * this.#pixelRatio
    const to = { scale: device, x: Math.round(x * device), y: Math.round(y * device) }
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillStyle = scenery.look.palette.background
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height)
    if (sharp !== this.#base) this.#base?.draw(context, box, to)
    sharp?.draw(context, box, to)
    context.setTransform(this.#pixelRatio, 0, 0, this.#pixelRatio, 0, 0)
    drawLabels(scenery.layout, {
      ...{ context, camera: this.#camera, size: this.#size, look: scenery.look },
    })
    for (const mark of this.#marks) this.#drawMark(mark, scenery)
  }

  #drawMark(mark: Mark, { layout, look }: Scenery): void {
    const place = layout.nodes[layout.indexOf.get(mark.node) ?? -1]
    if (place === undefined) return
    const { scale, x, y } = this.#camera
    const context = this.#context
    const grow = mark.isFocus ? 3 : 2
    context.strokeStyle = mark.isFocus ? look.palette.accent : look.palette.text
    context.lineWidth = mark.isFocus ? 2 : 1.5
    context.strokeRect(
      (place.x - x) * scale - grow,
      (place.y - y) * scale - grow + 0.4 * scale,
      place.width * scale + 2 * grow,
      (place.height - 0.4) * scale + 2 * grow,
    )
  }
}
