/** A draft of an order as a command line of the CLI and as curl. Pure. */
import { HOUR_MS } from '../leases/lease-draft.ts'
import { cliDuration, renderCommandLine, renderPost } from '../leases/lease-same.ts'
import { type OrderDraft, toOrderRequest } from './order-draft.ts'

export function renderOrderCli(draft: OrderDraft): string {
  return renderCommandLine('order create', draft, [
    ['--stands', cliDuration(draft.standsHours, HOUR_MS)],
    ['--guarantee', cliDuration(draft.guarantee, HOUR_MS)],
  ])
}

export function renderOrderCurl(
  draft: OrderDraft,
  { origin, nowMs }: { readonly origin: string; readonly nowMs: number },
): string {
  return renderPost(`${origin}/api/v1/orders`, () => toOrderRequest(draft, nowMs))
}
