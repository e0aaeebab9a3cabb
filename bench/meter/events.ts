/** Events as gateways make them, and made so that an id tells whose it is, its number and what it must have counted. */
import type { UsageEvent } from '../../packages/server/src/modules/metering/index.ts'

export const MODEL = 'bench'
export const SKUS = { input: `tokens.${MODEL}.input`, output: `tokens.${MODEL}.output` } as const

export interface Offer {
  readonly inputPriceId: string
  readonly outputPriceId: string
  readonly organizations: readonly string[]
}

/** A writer of the benchmark by its number; its events are numbered from 0. */
export interface EventNumber {
  readonly writer: number
  readonly sequence: number
}

/** A UUIDv7 whose random part is the event's number. */
export function makeEventId(ms: number, { writer, sequence }: EventNumber): string {
  const time = ms.toString(16).padStart(12, '0')
  const number = writer.toString(16).padStart(6, '0') + sequence.toString(16).padStart(8, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-80${number.slice(0, 2)}-${number.slice(2)}`
}

/** The number in an id that `makeEventId` made. */
export function readEventId(id: string): EventNumber {
  const number = id.slice(21).replace('-', '')
  return {
    writer: Number.parseInt(number.slice(0, 6), 16),
    sequence: Number.parseInt(number.slice(6), 16),
  }
}

/** What the event of a number counted: any writer and any checker come to the same. */
export function quantitiesOf({ sequence }: EventNumber): { input: bigint; output: bigint } {
  return {
    input: BigInt(1 + ((sequence * 7919) % 4000)),
    output: BigInt(1 + ((sequence * 31) % 900)),
  }
}

/** Two lines: input tokens and output tokens. The organization follows from the number as well. */
export function makeEvent(offer: Offer, number: EventNumber, at: Date): UsageEvent {
  const { input, output } = quantitiesOf(number)
  const spread = (number.sequence * 2_654_435_761) % 4_294_967_296
  const organizationId = offer.organizations[spread % offer.organizations.length] ?? ''
  return {
    id: makeEventId(at.getTime(), number),
    organizationId,
    projectId: `prj${organizationId.slice(3)}`,
    resource: MODEL,
    holdId: null,
    from: at,
    to: at,
    lines: [
      { sku: SKUS.input, priceId: offer.inputPriceId, quantity: input },
      { sku: SKUS.output, priceId: offer.outputPriceId, quantity: output },
    ],
  }
}
