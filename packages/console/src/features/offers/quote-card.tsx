/** A firm quote: the price that is kept, until when, and the order that buys at it. */
import type { Quote } from '@spillway/contract'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { InputField } from '../../ui/field.tsx'
import { Countdown, Money } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
import { toast } from '../../ui/toast.tsx'
import { quoteWords, splitCommand } from '../leases/command-words.ts'

function wordsOf(text: string): readonly string[] | null {
  const split = splitCommand(text)
  return split.kind === 'words' && split.words.length > 0 ? split.words : null
}

export function QuoteCard({ quote }: { quote: Quote }): ReactElement {
  const { id, pool, gpus, nodes, expiresAt, priceUsdPerGpuHour } = quote
  const navigate = useNavigate()
  const [command, setCommand] = useState('')
  const [isTried, setIsTried] = useState(false)
  const words = wordsOf(command)
  const order = useCommand('createOrder', {
    changes: ['listQuotes', 'listOrders', 'listOffers', 'getBalance'],
    onSuccess: ({ id: made }) => {
      toast('The order was made')
      void navigate({ to: '/orders', search: { order: made } })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setIsTried(true)
    if (words !== null)
      order.mutate({ body: { quote: id, tier: 'on_demand', gpus, command: [...words] } })
  }
  return (
    <li className="min-w-0 rounded-base border border-accent bg-surface p-3.5">
      <h3 className="text-15 font-bold">
        {plural(gpus, 'GPU')} on {pool}
        {nodes === 1 ? '' : ` over ${nodes} nodes`} at <Money amount={priceUsdPerGpuHour} /> per
        GPU-hour
      </h3>
      <p className="mb-3 text-muted">
        Kept for <Countdown until={expiresAt} />, whatever the list does meanwhile. It keeps no
        room.
      </p>
      <form noValidate onSubmit={submit} className="flex flex-col gap-3">
        <InputField
          label="Command"
          isMono
          placeholder="python3 train.py"
          value={command}
          onChange={(event) => setCommand(event.target.value)}
          error={isTried && words === null ? 'Write what is to run.' : undefined}
        />
        <Code
          label="the command line"
          text={`spillway order create --quote ${id} --gpus ${gpus} -- ${words === null ? 'COMMAND' : quoteWords(words)}`}
        />
        {order.error && <ProblemPanel explanation={explain(order.error)} />}
        <div>
          <Button look="primary" type="submit" isBusy={order.isPending}>
            Order at this price
          </Button>
        </div>
      </form>
    </li>
  )
}
