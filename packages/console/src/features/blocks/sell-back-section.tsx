/** Selling back: idle nodes of a block go to spot and flex for a while, and half of what those pay is credited. */
import type { Block, SellBack } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { InputField } from '../../ui/field.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
import { toast } from '../../ui/toast.tsx'
import { usePermission } from '../session/session.ts'

const CHANGES = ['listBlocks', 'getBlock', 'getCalendar'] as const

interface SellBackSectionProps {
  readonly block: Block & { readonly sellBacks: readonly SellBack[] }
}

export function SellBackSection({ block }: SellBackSectionProps): ReactElement | null {
  const maySell = usePermission('order.create')
  const { state, sellBacks } = block
  const isActive = state === 'active'
  if (!isActive && sellBacks.length === 0) return null
  const isLent = sellBacks.some(({ withdrawnAt }) => withdrawnAt === null)
  return (
    <section aria-label="Sold back" className="flex flex-col gap-2">
      <h3 className="text-13 font-bold">Sold back</h3>
      {sellBacks.length > 0 && (
        <ul className="flex flex-col gap-1.5">
          {sellBacks.map((each) => (
            <SoldBack key={each.id} sold={each} />
          ))}
        </ul>
      )}
      {isActive && maySell && <Sell block={block} />}
      {isActive && maySell && isLent && <Withdraw id={block.id} />}
    </section>
  )
}

/** How it stands: with others, coming back, back, or settled. */
function SoldBack({ sold }: { sold: SellBack }): ReactElement {
  const { gpus, nodes, offeredAt, withdrawnAt, backAt, settledAt, creditUsd, lines } = sold
  return (
    <li>
      {formatCount(gpus)} GPUs on {formatCount(nodes)} {nodes === 1 ? 'node' : 'nodes'}, since{' '}
      <Ago at={offeredAt} />
      {withdrawnAt !== null && backAt === null && '; wanted back, its room is gathered'}
      {backAt !== null && (
        <>
          ; back <Ago at={backAt} />
        </>
      )}
      .{' '}
      {settledAt === null ? (
        <span className="text-muted">Credited some minutes after the end of the block.</span>
      ) : (
        <>
          <Money amount={creditUsd} /> credited of what {formatCount(lines.length)}{' '}
          {lines.length === 1 ? 'lease' : 'leases'} paid.
        </>
      )}
    </li>
  )
}

function Sell({ block }: SellBackSectionProps): ReactElement | null {
  const [nodes, setNodes] = useState('1')
  const sell = useCommand('sellBlockBack', {
    changes: CHANGES,
    onSuccess: () => toast('What they pay for is yours by half'),
  })
  const { id, gpus, gpusHeld, gpusInUse } = block
  const idleMax = Math.floor((gpusHeld - gpusInUse) / (gpus / block.nodes))
  if (idleMax === 0) return null
  const wanted = Number(nodes)
  const isWrong = !Number.isInteger(wanted) || wanted < 1 || wanted > idleMax
  return (
    <>
      <p className="text-muted">
        Spot and flex may have idle nodes until you want them back; half of what they pay is yours.
        Getting them back takes their whole notice.
      </p>
      {sell.error && <ProblemPanel explanation={explain(sell.error)} />}
      <form
        noValidate
        className="flex items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isWrong) sell.mutate({ params: { id }, body: { nodes: wanted } })
        }}
      >
        <div className="w-36">
          <InputField
            label="Idle nodes"
            unit={`of ${idleMax}`}
            inputMode="numeric"
            value={nodes}
            error={isWrong ? `from 1 to ${idleMax}` : undefined}
            onChange={(event) => setNodes(event.target.value)}
          />
        </div>
        <div className="pt-[22px]">
          <Button type="submit" isBusy={sell.isPending}>
            Sell back
          </Button>
        </div>
      </form>
    </>
  )
}

function Withdraw({ id }: { id: string }): ReactElement {
  const withdraw = useCommand('withdrawSellBacks', {
    changes: CHANGES,
    onSuccess: () => toast('Its room is gathered; those who have it were given notice'),
  })
  return (
    <div className="flex flex-col gap-3">
      {withdraw.error && <ProblemPanel explanation={explain(withdraw.error)} />}
      <div>
        <Button isBusy={withdraw.isPending} onClick={() => withdraw.mutate({ params: { id } })}>
          Want all of it back
        </Button>
      </div>
    </div>
  )
}
