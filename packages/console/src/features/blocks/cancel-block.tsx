/** Cancelling a block before it begins: what that costs now, by the rule that it was bought under. */
import type { Block } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { AskTwice } from '../../ui/ask-twice.tsx'
import { Money } from '../../ui/figures.tsx'
import { toast } from '../../ui/toast.tsx'
import { usePermission } from '../session/session.ts'
import { hourWords } from './block-looks.tsx'

function Rule({ cancellation }: Pick<Block, 'cancellation'>): ReactElement | null {
  if (cancellation === null) return null
  const { feeUsd, freeUntil, feePercent } = cancellation
  if (feeUsd !== '0')
    return (
      <>
        Cancelling it now costs <Money amount={feeUsd} />, {feePercent}&nbsp;% of its price.
      </>
    )
  return (
    <>
      Cancelling it costs nothing until {hourWords(freeUntil)} UTC
      {feePercent > 0 && <>, and {feePercent}&nbsp;% of its price from then until it begins</>}.
    </>
  )
}

export function CancelBlock({ block }: { block: Block }): ReactElement | null {
  const mayCancel = usePermission('order.create')
  const { id, cancellation, heldUsd } = block
  const cancel = useCommand('cancelBlock', {
    changes: ['listBlocks', 'getBlock', 'getBalance', 'getCalendar', 'listBlockOfferings'],
    onSuccess: () => toast('The block is cancelled; the rest of what it held is free again'),
  })
  if (cancellation === null) return null
  const { feeUsd: maxFeeUsd } = cancellation
  return (
    <section aria-label="Cancelling">
      <p className="mb-2 text-muted">
        <Rule cancellation={cancellation} />
      </p>
      {mayCancel && (
        <AskTwice
          label="Cancel the block"
          action={maxFeeUsd === '0' ? 'Cancel it' : 'Pay and cancel it'}
          keep="Keep it"
          isBusy={cancel.isPending}
          problem={cancel.error && explain(cancel.error)}
          onConfirm={() => cancel.mutate({ params: { id }, body: { maxFeeUsd } })}
        >
          Its room is anybody’s again. <Money amount={heldUsd} /> is held for it
          {maxFeeUsd === '0' ? (
            ', all of which is free again.'
          ) : (
            <>
              ; <Money amount={maxFeeUsd} /> of that is charged.
            </>
          )}
        </AskTwice>
      )}
    </section>
  )
}
