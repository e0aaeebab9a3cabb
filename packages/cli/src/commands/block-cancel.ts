/** `spillway block cancel`, and the rule by which it is done. */
import { Argument, Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { renderBlockPolicy } from '../output/blocks.ts'
import { amount, wholeNumber } from '../parse/option-values.ts'
import { findBlockId, presentBlock } from './block-argument.ts'

interface CancelOptions {
  readonly maxFee?: string
}

interface PolicyOptions {
  readonly freeHours: number
  readonly feePercent: number
}

export function addBlockCancelling(group: Command, context: Context): void {
  addCommand<CancelOptions>(group, context, {
    usage: 'cancel',
    summary: 'Cancel a block before it begins, by the rule that it was bought under',
    details: '`spillway block show` says what it costs now.',
    example: 'spillway block cancel 4kq2 --max-fee 0',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    options: [new Option('--max-fee <usd>', 'refused when it costs more by now').argParser(amount)],
    run: cancelBlock,
  })
  addCommand(group, context, {
    usage: 'policy',
    summary: 'Show the rule for cancelling blocks that are bought now',
    example: 'spillway block policy',
    persona: 'demo',
    run: async (call) => {
      const policy = await call.client().getBlockPolicy()
      await call.present(policy, () => renderBlockPolicy(policy, call.surroundings.nowMs()))
    },
  })
  addCommand<PolicyOptions>(group, context, {
    usage: 'set-policy',
    summary: 'Publish another rule for cancelling; blocks that were bought keep theirs',
    example: 'spillway block set-policy --free-hours 72 --fee-percent 20',
    persona: 'operator',
    options: [
      new Option('--free-hours <n>', 'so many hours before its start or sooner, it costs nothing')
        .argParser(wholeNumber({ least: 0, most: 1344 }))
        .makeOptionMandatory(),
      new Option('--fee-percent <n>', 'later, so much of its price is charged')
        .argParser(wholeNumber({ least: 0, most: 100 }))
        .makeOptionMandatory(),
    ],
    run: async (call) => {
      const policy = await call.client().setBlockPolicy({ body: call.options })
      await call.present(policy, () => renderBlockPolicy(policy, call.surroundings.nowMs()))
    },
  })
}

async function cancelBlock(call: Call<CancelOptions>): Promise<void> {
  const params = { id: await findBlockId(call, call.words[0] ?? '') }
  const { maxFee } = call.options
  const body = maxFee === undefined ? {} : { maxFeeUsd: maxFee }
  await presentBlock(call, await call.client().cancelBlock({ params, body }))
}
