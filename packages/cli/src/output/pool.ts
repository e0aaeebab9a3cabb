/** How one pool reads: capacity, prices, and on which terms each tier is taken back. Pure. */
import type { Pool } from '@spillway/contract'
import { counted, group, renderAmount } from './amount.ts'
import type { Paint } from './paint.ts'
import { renderBatch, renderTerms } from './reclaim.ts'
import { renderFields } from './table.ts'
import { toLine } from './text.ts'

const TIERS = [
  ['on_demand', 'on demand'],
  ['spot', 'spot'],
  ['flex', 'flex'],
] as const

export function renderPool(pool: Pool, paint: Paint): string {
  return renderFields(
    [
      ['pool', pool.name],
      ['site', `${pool.site}, ${pool.region}`],
      ['accelerator', toLine(pool.accelerator)],
      ['free', `${group(pool.slotsFree)} of ${group(pool.slotsTotal)} slots`],
      ...TIERS.map(
        ([tier, name]) =>
          [name, `${renderAmount(pool.priceUsdPerGpuHour[tier])} USD / GPU-h`] as const,
      ),
      ...TIERS.map(
        ([tier, name]) => [`${name} is taken back`, renderTerms(pool.reclaim[tier])] as const,
      ),
      ['taken back', renderBatch(pool.reclaim.evictionBatch)],
      [
        'kept for the owner',
        pool.reclaim.anchorHeadroom === 0 ? null : counted(pool.reclaim.anchorHeadroom, 'slot'),
      ],
    ],
    paint,
  )
}
