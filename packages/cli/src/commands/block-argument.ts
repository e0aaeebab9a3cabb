/** Finds the block that a command names, and shows one. */
import type { Block } from '@spillway/contract'
import type { Call } from '../command.ts'
import { renderBlock } from '../output/blocks.ts'
import { findId } from './find.ts'

const LIMIT_MAX = 1000

export function presentBlock(call: Call<unknown>, block: Block): Promise<void> {
  return call.present(block, () => renderBlock(block, call.surroundings.nowMs(), call.output.paint))
}

export function findBlockId(call: Call<unknown>, text: string): Promise<string> {
  return findId(text, {
    prefix: 'blk',
    noun: 'block',
    listing: 'spillway block list',
    candidates: async () =>
      (await call.client().listBlocks({ query: { limit: LIMIT_MAX } })).items.map((each) => ({
        id: each.id,
        label: `${each.state}  ${each.pool}`,
      })),
  })
}
