/** A gateway as the journal knows it: appends events at a rate, and says each one's number once it is acknowledged. */
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createJournal } from '../../packages/server/src/modules/metering/index.ts'
import { makeEvent } from './events.ts'
import { hearOrder, journalName, type WriterOrder } from './process-links.ts'

const TICK_MS = 5
/** Of the pipe to the parent, which may lag behind. */
const WAITING_MAX = 5_000
const OUT = 1

const { directory, writer, perSecond, progressEvery, offer } = await hearOrder<WriterOrder>()
const journal = await createJournal({ directory, writer: journalName(writer) })
let sequence = 0
let waiting = 0
const ending = new AbortController()
process.once('message', () => ending.abort())
const startedMs = performance.now()

async function append(number: number): Promise<void> {
  const event = makeEvent(offer, { writer, sequence: number }, new Date())
  waiting++
  if (number % progressEvery === 0) {
    const lines = event.lines.map((line) => ({ ...line, quantity: 1n }))
    void journal.append({ kind: 'progress', event: { ...event, lines } })
  }
  await journal.append({ kind: 'usage', event })
  waiting--
  // Told only now: whoever reads this number may count on the event. With the machine's one clock.
  writeSync(OUT, `${number} ${process.hrtime.bigint() / 1000n}\n`)
}

while (!ending.signal.aborted) {
  const due = ((performance.now() - startedMs) / 1000) * perSecond
  while (sequence < due && waiting < WAITING_MAX) void append(sequence++)
  await pause(TICK_MS)
}
await journal.close()
process.exit()
