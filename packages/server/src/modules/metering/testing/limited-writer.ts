/** A process that appends events of given sizes, says what became of each, and dies. Its files may not grow far. */
import { idSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { createJournal } from '../journal-service.ts'

const [directory = '', writer = '', organizationId = '', sku = '', priceId = '', ...sizes] =
  process.argv.slice(2)
// Otherwise the signal for passing the limit would end the process before the write can fail.
process.on('SIGXFSZ', () => undefined)
const ids = idSource(() => Date.now())
const at = new Date()
const journal = await createJournal({ directory, writer })
for (const size of sizes) {
  const event = {
    id: renderUuid(uuidBytes(ids)),
    organizationId,
    projectId: 'prj_a',
    resource: 'r'.repeat(Number(size)),
    holdId: null,
    ...{ from: at, to: at },
    lines: [{ sku, priceId, quantity: 1n }],
  }
  const outcome = await journal.append({ kind: 'usage', event }).then(
    () => 'kept',
    (failure: { readonly reason: string }) => failure.reason,
  )
  process.stdout.write(`${outcome}\n`)
}
process.kill(process.pid, 'SIGKILL')
