/** The supply stack of a market against what is asked for, and the point at which it cleared. */
import { type ReactElement, useRef } from 'react'
import { formatSi } from '../ui/format/numbers.ts'
import { useWidth } from '../ui/use-width.ts'
import { type Corner, cornersOf, inMarketOrder, type Step, ticksTo } from './curves.ts'

interface StepCurvesProps {
  readonly label: string
  readonly supply: readonly Step[]
  readonly demand: readonly Step[]
  /** Where it cleared: so many GPUs at this price. */
  readonly cleared?: Corner | undefined
  readonly height: number
  /** Of a price: `$1.40`. */
  readonly formatPrice: (price: number) => string
  /** What stands on the horizontal axis: `GPUs`. */
  readonly quantityName: string
  /** What the falling curve is: `bids` when left out. */
  readonly demandName?: string
}

const EDGE = { left: 52, right: 20, top: 12, bottom: 34 }

interface Scale {
  readonly x: (quantity: number) => number
  readonly y: (price: number) => number
  readonly quantities: readonly number[]
  readonly prices: readonly number[]
}

function scaleOf(corners: readonly Corner[], width: number, height: number): Scale {
  const quantities = ticksTo(Math.max(0, ...corners.map((corner) => corner.quantity)), 6)
  const prices = ticksTo(Math.max(0, ...corners.map((corner) => corner.price)))
  const spanX = width - EDGE.left - EDGE.right
  const spanY = height - EDGE.top - EDGE.bottom
  return {
    x: (quantity) => EDGE.left + (quantity / (quantities.at(-1) ?? 1)) * spanX,
    y: (price) => EDGE.top + spanY - (price / (prices.at(-1) ?? 1)) * spanY,
    quantities,
    prices,
  }
}

const pathOf = (corners: readonly Corner[], { x, y }: Scale): string =>
  corners
    .map(({ quantity, price }, index) => `${index ? 'L' : 'M'}${x(quantity)} ${y(price)}`)
    .join('')

export function StepCurves(props: StepCurvesProps): ReactElement {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const supply = cornersOf(inMarketOrder(props.supply, 'supply'))
  const demand = cornersOf(inMarketOrder(props.demand, 'demand'))
  const { cleared, height } = props
  const scale = scaleOf([...supply, ...demand, ...(cleared ? [cleared] : [])], width, height)
  return (
    <div ref={frame} style={{ height }}>
      {width > 0 && (
        <svg role="img" aria-label={props.label} width={width} height={height} className="num">
          <Axes scale={scale} width={width} {...props} />
          <g fill="none" strokeWidth={1.75}>
            <path
              d={supply.length > 0 ? `${pathOf(supply, scale)}V${EDGE.top}` : ''}
              stroke="var(--series-1)"
            />
            <path d={pathOf(demand, scale)} stroke="var(--series-6)" />
          </g>
          <CurveName corner={supply.at(-1)} text="supply" colour="--series-1" scale={scale} />
          <CurveName
            corner={demand[0]}
            text={props.demandName ?? 'bids'}
            colour="--series-6"
            scale={scale}
            isStart
          />
          {cleared && (
            <ClearedAt at={cleared} scale={scale} width={width} formatPrice={props.formatPrice} />
          )}
        </svg>
      )}
    </div>
  )
}

type AxesProps = StepCurvesProps & { readonly scale: Scale; readonly width: number }

function Axes({ scale, width, height, formatPrice, quantityName }: AxesProps): ReactElement {
  const { x, y, prices, quantities } = scale
  const foot = height - EDGE.bottom
  return (
    <g fill="var(--muted)" fontSize={11}>
      {prices.map((price) => (
        <g key={price}>
          <line
            x1={EDGE.left}
            x2={width - EDGE.right}
            y1={y(price)}
            y2={y(price)}
            stroke="var(--line)"
          />
          <text x={EDGE.left - 8} y={y(price)} textAnchor="end" dominantBaseline="middle">
            {formatPrice(price)}
          </text>
        </g>
      ))}
      {quantities.map((quantity) => (
        <text key={quantity} x={x(quantity)} y={foot + 15} textAnchor="middle">
          {formatSi(quantity)}
        </text>
      ))}
      <text x={width - EDGE.right} y={height - 4} textAnchor="end">
        {quantityName}
      </text>
    </g>
  )
}

interface CurveNameProps {
  readonly corner: Corner | undefined
  readonly text: string
  readonly colour: string
  readonly scale: Scale
  /** Behind the corner rather than before it. */
  readonly isStart?: boolean
}

function CurveName({
  corner,
  text,
  colour,
  scale,
  isStart = false,
}: CurveNameProps): ReactElement | null {
  if (!corner) return null
  return (
    <text
      x={scale.x(corner.quantity) + (isStart ? 4 : -6)}
      y={Math.max(EDGE.top + 10, scale.y(corner.price) - 6)}
      textAnchor={isStart ? 'start' : 'end'}
      fontSize={12}
      fill={`var(${colour})`}
    >
      {text}
    </text>
  )
}

const WORDS_WIDTH = 110

interface ClearedAtProps {
  readonly at: Corner
  readonly scale: Scale
  readonly width: number
  readonly formatPrice: (price: number) => string
}

function ClearedAt({ at, scale, width, formatPrice }: ClearedAtProps): ReactElement {
  const x = scale.x(at.quantity)
  const y = scale.y(at.price)
  // Near to the right edge its words stand before it.
  const isLate = x > width - WORDS_WIDTH
  return (
    <g stroke="var(--text)" fontSize={12}>
      <line x1={EDGE.left} x2={x} y1={y} y2={y} strokeDasharray="3 3" />
      <line x1={x} x2={x} y1={y} y2={scale.y(0)} strokeDasharray="3 3" />
      <circle cx={x} cy={y} r={4} fill="var(--bg)" strokeWidth={2} />
      <text
        x={isLate ? x - 9 : x + 9}
        y={y - 8}
        textAnchor={isLate ? 'end' : 'start'}
        fill="var(--text)"
        stroke="none"
        fontWeight={550}
      >
        {formatSi(at.quantity)} at {formatPrice(at.price)}
      </text>
    </g>
  )
}
