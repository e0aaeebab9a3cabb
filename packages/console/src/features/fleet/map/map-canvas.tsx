/** The canvas of the map in the page: sizes it, feeds it, and says in words what the keyboard is on. */
import { type ReactElement, useEffect, useId, useRef, useState } from 'react'
import { Button, IconButton } from '../../../ui/button.tsx'
import { SlotTip } from '../../../ui/slots/slot-tip.tsx'
import { fitCamera, isFit, zoomAt } from './camera.ts'
import { type FleetModel, nodeSentence } from './fleet-model.ts'
import { MapTip } from './map-tip.tsx'
import type { Look } from './paint-node.ts'
import { type Mark, MapSurface } from './surface.ts'
import { onMapKey, type Pointed, useMapInput } from './use-map-input.ts'

interface MapCanvasProps {
  readonly model: FleetModel
  readonly look: Look
  readonly summary: string
  readonly selected: string | null
  readonly onSelect: (node: string | null) => void
  readonly onOpen: (node: string) => void
}

const BUTTON_ZOOM = 1.8

/** Most of the window, so that the page's head and the legend stay in view with it. */
function heightMax(): number {
  return Math.max(320, Math.min(1100, innerHeight * 0.66))
}

function marksOf(pointed: Pointed | null, selected: string | null): Mark[] {
  return [
    ...(pointed && pointed.node !== selected ? [{ node: pointed.node, isFocus: false }] : []),
    ...(selected === null ? [] : [{ node: selected, isFocus: true }]),
  ]
}

export function MapCanvas(props: MapCanvasProps): ReactElement {
  const { model, look, selected, onSelect, onOpen } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  const surface = useRef<MapSurface | null>(null)
  const [pointed, setPointed] = useState<Pointed | null>(null)
  const [isWhole, setIsWhole] = useState(true)
  const summaryId = useId()
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const made = new MapSurface(element, (camera) => {
      if (made.layout) setIsWhole(isFit(camera, made.layout))
    })
    surface.current = made
    const observer = new ResizeObserver(([entry]) => {
      if (entry)
        made.resize({ width: entry.contentRect.width, heightMax: heightMax() }, devicePixelRatio)
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.end()
      surface.current = null
    }
  }, [])
  useEffect(() => surface.current?.setLook(look), [look])
  useEffect(() => surface.current?.setModel(model), [model])
  useEffect(() => surface.current?.setMarks(marksOf(pointed, selected)), [pointed, selected])
  useMapInput({ canvas, surface, onPoint: setPointed, onSelect, onOpen })
  const zoom = (factor: number): void => {
    const map = surface.current
    if (!map?.layout) return
    const middle = { x: map.size.width / 2, y: map.size.height / 2 }
    map.moveTo(zoomAt(map.camera, { point: middle, factor }, map.layout))
  }
  const node = model.nodes.get(pointed?.node ?? '')
  const focused = model.nodes.get(selected ?? '')
  return (
    <div className="relative">
      <p id={summaryId} className="sr-only">
        {props.summary}
      </p>
      <div
        role="application"
        aria-roledescription="map"
        aria-label="Map of the fleet"
        aria-describedby={summaryId}
        tabIndex={0}
        onKeyDown={(event) => onMapKey(surface.current, event, { selected, onSelect, onOpen })}
      >
        <canvas
          ref={canvas}
          aria-hidden="true"
          data-map={isWhole ? 'whole' : 'part'}
          className="block w-full touch-none"
        />
      </div>
      <p className="sr-only" aria-live="polite">
        {focused && nodeSentence(focused)}
      </p>
      <div className="absolute right-2 bottom-2 flex rounded-base border border-line bg-bg">
        <IconButton icon="plus" label="Zoom in" onClick={() => zoom(BUTTON_ZOOM)} />
        <IconButton icon="minus" label="Zoom out" onClick={() => zoom(1 / BUTTON_ZOOM)} />
        <Button
          look="quiet"
          disabled={isWhole}
          onClick={() => {
            const map = surface.current
            if (map?.layout) map.moveTo(fitCamera(map.layout))
          }}
        >
          Whole map
        </Button>
      </div>
      {pointed && node && (
        <SlotTip place={{ slotId: node.id, ...pointed }}>
          <MapTip node={node} slot={pointed.slot} />
        </SlotTip>
      )}
    </div>
  )
}
