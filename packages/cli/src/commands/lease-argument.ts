/** A lease named on the command line, whole or abbreviated. */
import type { Lease, Client } from '@spillway/contract'
import { Argument } from 'commander'
import type { Call } from '../command.ts'
import { renderCommand, truncate } from '../output/text.ts'
import { findId } from './find.ts'

export function leaseArgument(): Argument {
  return new Argument('<id>', 'its id, or the start or end of it')
}

/** The whole id that the first argument means. */
export function findLease(call: Call<object>): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'lse',
    noun: 'lease',
    listing: 'spillway lease list',
    candidates: async () =>
      (await listAll(call.client())).map((lease) => ({
        id: lease.id,
        label: `${lease.state}  ${truncate(renderCommand(lease.command), 40)}`,
      })),
  })
}

const PAGE_SIZE = 1000

async function listAll(client: Client): Promise<readonly Lease[]> {
  const found: Lease[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await client.listLeases({
      query: { limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) },
    })
    found.push(...page.items)
    cursor = page.nextCursor
  }
  return found
}
