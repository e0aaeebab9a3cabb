/** What part of the layout the window shows: pixels a unit, and the unit in its upper left corner. Pure. */
import type { Box, Layout, WindowSize } from './layout.ts'

export interface Camera {
  readonly scale: number
  readonly x: number
  readonly y: number
}

/** At this many pixels a slot has room for words. */
const SCALE_MAX = 96

interface Point {
  readonly x: number
  readonly y: number
}

export function fitCamera(layout: Layout): Camera {
  return { scale: layout.fitScale, x: 0, y: 0 }
}

export function isFit(camera: Camera, layout: Layout): boolean {
  return camera.scale <= layout.fitScale * 1.001
}

/** Neither further out than the whole, nor past its edges by more than what is needed to centre it. */
export function clampCamera(camera: Camera, layout: Layout, size: WindowSize): Camera {
  const max = Math.max(SCALE_MAX, layout.fitScale)
  const scale = Math.min(max, Math.max(layout.fitScale, camera.scale))
  const clampAxis = (from: number, length: number, shown: number): number =>
    length <= shown ? 0 : Math.min(length - shown, Math.max(0, from))
  return {
    scale,
    x: clampAxis(camera.x, layout.width, size.width / scale),
    y: clampAxis(camera.y, layout.height, size.height / scale),
  }
}

/** Zooms so that what lies under a point of the window stays there. */
export function zoomAt(
  camera: Camera,
  { point, factor }: { readonly point: Point; readonly factor: number },
  layout: Layout,
): Camera {
  const max = Math.max(SCALE_MAX, layout.fitScale)
  const scale = Math.min(max, Math.max(layout.fitScale, camera.scale * factor))
  return {
    scale,
    x: camera.x + point.x / camera.scale - point.x / scale,
    y: camera.y + point.y / camera.scale - point.y / scale,
  }
}

export function panBy(camera: Camera, by: Point): Camera {
  return { ...camera, x: camera.x - by.x / camera.scale, y: camera.y - by.y / camera.scale }
}

/** Shows a box in the middle of the window, no further in than `scaleMax`. */
export function showBox(box: Box, size: WindowSize, scaleMax: number): Camera {
  const room = 0.8
  const scale = Math.min(
    scaleMax,
    (size.width * room) / box.width,
    (size.height * room) / box.height,
  )
  return {
    scale,
    x: box.x + box.width / 2 - size.width / scale / 2,
    y: box.y + box.height / 2 - size.height / scale / 2,
  }
}

/** Moves as little as needed to have a box in view. */
export function reveal(camera: Camera, box: Box, size: WindowSize): Camera {
  const margin = 12 / camera.scale
  const axis = (
    from: number,
    shown: number,
    [start, length]: readonly [number, number],
  ): number => {
    if (start - margin < from) return start - margin
    if (start + length + margin > from + shown) return start + length + margin - shown
    return from
  }
  return {
    scale: camera.scale,
    x: axis(camera.x, size.width / camera.scale, [box.x, box.width]),
    y: axis(camera.y, size.height / camera.scale, [box.y, box.height]),
  }
}

export function toUnits(camera: Camera, point: Point): Point {
  return { x: camera.x + point.x / camera.scale, y: camera.y + point.y / camera.scale }
}
