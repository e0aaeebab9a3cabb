/** What somebody fills in to order spot by auction: the fields of a lease, and how long the order stands. Pure. */
import { type CreateOrder, GuaranteeHours, parseGpuWish, type Pool } from '@spillway/contract'
import type { z } from 'zod'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { divideHalfEven, parsePicos } from '../../ui/format/money.ts'
import {
  EMPTY_DRAFT,
  HOUR_MS,
  type LeaseDraft,
  REQUEST_FIELDS,
  SECOND_MS,
  toRequest,
} from '../leases/lease-draft.ts'

export interface OrderDraft extends LeaseDraft {
  /** Empty: a day. */
  readonly standsHours: string
  /** Hours for which it is not taken back; empty: none. */
  readonly guarantee: '' | `${GuaranteeHours}`
}

export const EMPTY_ORDER: OrderDraft = {
  ...EMPTY_DRAFT,
  kind: 'spot',
  standsHours: '',
  guarantee: '',
}

export const ORDER_FIELDS = { ...REQUEST_FIELDS, expiresAt: 'standsHours' } as const

type OrderRequest = z.input<typeof CreateOrder>

/** Hours to type for an order that stands until an instant; empty for one that is over. */
export function hoursUntil(until: string | undefined, nowMs: number): string {
  const aheadMs = until === undefined ? 0 : Date.parse(until) - nowMs
  return aheadMs > 0 ? String(Math.ceil((aheadMs / HOUR_MS) * 100) / 100) : ''
}

function readHours(text: string): number {
  const hours = Number(text.replace(',', '.'))
  if (!(hours > 0)) throw new FormRefusal('standsHours', 'Write a number of hours above 0.')
  return hours
}

/** The request a draft stands for. Throws a `FormRefusal` where no request can be made of it. */
export function toOrderRequest(draft: OrderDraft, nowMs: number): OrderRequest {
  if (draft.maxPrice.trim() === '')
    throw new FormRefusal('maxPrice', 'An order has a limit: the most to pay per GPU-hour.')
  const { standsHours, guarantee, ...work } = draft
  const stands = standsHours.trim()
  const promise =
    guarantee === '' ? {} : { guaranteeHours: GuaranteeHours.parse(Number(guarantee)) }
  const request = { ...toRequest({ ...work, kind: 'spot' }), tier: 'spot' as const, ...promise }
  if (stands === '') return request
  return { ...request, expiresAt: new Date(nowMs + readHours(stands) * HOUR_MS).toISOString() }
}

interface Reserve {
  readonly reserveUsdPerGpuHour: string
  readonly gpusFree: number
}

/** What holds for the kind of spot that the draft asks for. */
export function reserveFor(
  { guarantee }: Pick<OrderDraft, 'guarantee'>,
  reserve:
    | (Reserve & { readonly guarantees: readonly (Reserve & { hours: number })[] })
    | undefined,
): Reserve | undefined {
  if (guarantee === '') return reserve
  return reserve?.guarantees.find(({ hours }) => String(hours) === guarantee)
}

/** So far ahead of its start a lease is paid for: the server's published limit. */
const HOLD_AHEAD_MS = 600_000

export interface HeldEstimate {
  readonly gpus: number
  /** All GPUs for an hour at the limit. */
  readonly hourlyMaxPicos: bigint
  /** About what is held while the order is open: the first minutes, the notice and the grace, at the limit. */
  readonly heldPicos: bigint
  readonly limitPicos: bigint
}

function typedNumber(text: string): number | null {
  const value = Number(text.replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(value) || value < 0 ? null : value
}

/** What an order would hold and cost at most; null while it cannot be told. */
export function estimateHeld(draft: OrderDraft, pool: Pool | undefined): HeldEstimate | null {
  const gpus = parseGpuWish(draft.gpus)?.gpus
  const typed = draft.maxPrice.trim()
  if (pool === undefined || gpus === undefined || !/^\d{1,14}(\.\d{1,12})?$/.test(typed))
    return null
  const limitPicos = parsePicos(typed)
  const hours = typedNumber(draft.timeLimitHours)
  const aheadMs = hours === null ? HOLD_AHEAD_MS : Math.min(HOLD_AHEAD_MS, hours * HOUR_MS)
  const graceMs = (typedNumber(draft.graceSeconds) ?? 0) * SECOND_MS
  const heldMs = BigInt(Math.round(aheadMs + pool.noticeMs.spot + graceMs))
  const hourlyMaxPicos = limitPicos * BigInt(gpus)
  const heldPicos = divideHalfEven(hourlyMaxPicos * heldMs, BigInt(HOUR_MS))
  return { gpus, hourlyMaxPicos, heldPicos, limitPicos }
}
