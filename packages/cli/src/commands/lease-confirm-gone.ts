/** `spillway lease confirm-gone`: closes a lease whose record the engine lost, on the operator's word. */
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { counted } from '../output/amount.ts'
import { renderLease } from '../output/lease.ts'
import { renderCommand, truncate } from '../output/text.ts'
import { confirm } from './confirm.ts'
import { findLease, leaseArgument } from './lease-argument.ts'

interface Options {
  readonly reason: string
  readonly fenced?: boolean
  readonly yes?: boolean
}

export function addLeaseConfirmGone(group: Command, context: Context): void {
  addCommand<Options>(group, context, {
    usage: 'confirm-gone',
    summary: 'Close a lease whose record the engine lost, once you have seen that nothing runs',
    details:
      'The engine is asked once more, and while it says that the processes are there nothing is changed. A lease that starts again after failures waits for room then; any other ends.',
    example: 'spillway lease confirm-gone 4kq2 --reason "node was reinstalled"',
    persona: 'operator',
    arguments: [leaseArgument()],
    options: [
      new Option('--reason <text>', 'how you know').makeOptionMandatory(),
      new Option('--fenced', 'the machine is off, or cut from its GPUs'),
      new Option('-y, --yes', 'do not ask'),
    ],
    run: confirmGone,
  })
}

async function confirmGone(call: Call<Options>): Promise<void> {
  const client = call.client()
  const params = { id: await findLease(call) }
  const { reason, fenced: isFenced = false, yes } = call.options
  if (yes !== true) {
    const lease = await client.getLease({ params })
    const what = truncate(renderCommand(lease.command), 40)
    await confirm(call, `Free ${counted(lease.gpus, 'slot')} of ${lease.id} (${what})?`)
  }
  const lease = await client.confirmLeaseGone({ params, body: { reason, isFenced } })
  await call.present(lease, () => renderLease(lease, call.surroundings.nowMs(), call.output.paint))
}
