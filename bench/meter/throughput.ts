/** How fast waiting journals become ledger entries and balances; and the naive way, an event a transaction. */
import { join } from 'node:path'
import {
  createJournal,
  createShipper,
  postUsage,
  type UsageEvent,
} from '../../packages/server/src/modules/metering/index.ts'
import { inTransaction } from '../../packages/server/src/platform/db/database.ts'
import { makeEvent, type Offer } from './events.ts'
import { ids, type Stand } from './stand.ts'

/** Two gateways, as one installation has when it grows. */
const WRITERS = 2
const BASELINE_CONNECTIONS = 8
let folders = 0

const silent = () => undefined
const LOG = {
  info: silent,
  warn: silent,
  error: (_: object, text: string) => void process.stderr.write(`${text}\n`),
}

function makeEvents(offer: Offer, writer: number, count: number): UsageEvent[] {
  const startMs = Date.now()
  return Array.from({ length: count }, (_, sequence) =>
    makeEvent(offer, { writer, sequence }, new Date(startMs + Math.floor(sequence / 30))),
  )
}

/** Events per second from journals on the disk to committed entries and balances; a shipper in this process. */
export async function measureShipping(
  { db, folder }: Stand,
  offer: Offer,
  events: number,
): Promise<number> {
  const directory = join(folder, `journal-${++folders}`)
  for (let writer = 1; writer <= WRITERS; writer++) {
    const journal = await createJournal({ directory, writer: `gw_${folders}_${writer}` })
    const number = folders * WRITERS + writer
    const list = makeEvents(offer, number, events / WRITERS)
    await Promise.all(list.map((event) => journal.append({ kind: 'usage', event })))
    await journal.close()
  }
  let posted = 0
  const shipper = createShipper({
    database: db,
    directory,
    isWriterAlive: () => false,
    now: () => new Date(),
    ids,
    log: LOG,
    onPosted: (each) => {
      posted += each.posted
    },
  })
  const startedMs = performance.now()
  await shipper.drain()
  const seconds = (performance.now() - startedMs) / 1000
  await shipper.stop()
  if (posted !== events) throw new Error(`${posted} of ${events} events were posted`)
  return events / seconds
}

/** The naive way: every event in a transaction of its own, over several connections. */
export async function measureBaseline(
  { db }: Stand,
  offer: Offer,
  durationMs: number,
): Promise<number> {
  const events = makeEvents(offer, 0xff_0000 + ++folders, 200_000)
  const deadlineMs = performance.now() + durationMs
  let posted = 0
  const work = async () => {
    for (let event = events.pop(); event && performance.now() < deadlineMs; event = events.pop()) {
      const own = event
      await inTransaction(db, (tx) => postUsage(tx, [own], { now: new Date(), ids }))
      posted++
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: BASELINE_CONNECTIONS }, work))
  return posted / ((performance.now() - startedMs) / 1000)
}
