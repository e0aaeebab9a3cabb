/** The database is away for a while: who is known goes on, who is not hears of the outage, and all is well by itself afterwards. */
import { setTimeout as pause } from 'node:timers/promises'
import { openDatabaseLine } from '../../packages/server/test/gateway/database-line.ts'
import { startGateway } from '../../packages/server/test/gateway/gateway-process.ts'
import { addCustomer } from '../../packages/server/test/gateway/installation.ts'
import type { StormOptions } from '../../packages/server/test/gateway/kill-storm.ts'
import { chargedOf, postJournals } from '../../packages/server/test/gateway/posting.ts'
import { ask, told } from '../../packages/server/test/gateway/stand.ts'
import type { Figure } from '../run/result.ts'

const ASK_EVERY_MS = 100
const RECOVERED_MS = 5000
/** What is asked while the gateway begins to listen for news of keys is not remembered. */
const KNOWN_AFTER = 5

type Stand = Pick<StormOptions, 'db' | 'databaseUrl' | 'folders'>

/** Asks with both keys until the time is over; says how often each answer came. */
async function askMeanwhile(
  send: (key: string) => Promise<number>,
  keys: { readonly known: string; readonly unknown: string },
  outageMs: number,
) {
  const counts = { served: 0, otherwise: 0, told: 0, wrongly: 0 }
  const endMs = performance.now() + outageMs
  while (performance.now() < endMs) {
    counts[(await send(keys.known)) === 200 ? 'served' : 'otherwise'] += 1
    counts[(await send(keys.unknown)) === 503 ? 'told' : 'wrongly'] += 1
    await pause(ASK_EVERY_MS)
  }
  return counts
}

export async function measureOutage(stand: Stand, outageMs: number): Promise<readonly Figure[]> {
  const { db, databaseUrl, folders } = stand
  const line = await openDatabaseLine(databaseUrl)
  const gateway = await startGateway({ databaseUrl: line.url, folders })
  const known = await addCustomer(db, { name: 'Known', usd: '10' })
  const unknown = await addCustomer(db, { name: 'Unknown', usd: '10' })
  const send = async (key: string) => {
    const response = await ask({ url: gateway.url, key, body: told({ tokens: 2 }) })
    await response.text()
    return response.status
  }
  for (let each = 0; each < KNOWN_AFTER; each++) await send(known.key)
  line.cut()
  const keys = { known: known.key, unknown: unknown.key }
  const { served, otherwise, told: heard, wrongly } = await askMeanwhile(send, keys, outageMs)
  line.mend()
  const fromMs = performance.now()
  while ((await send(unknown.key)) !== 200) await pause(1)
  const recoveredMs = performance.now() - fromMs
  await gateway.stop()
  await line.close()
  await postJournals({ db, folders, isWriterAlive: () => false })
  const { events } = await chargedOf(db, known.organizationId)
  const never = { target: { kind: 'at_most', value: 0 } } as const
  const away = `database away for ${outageMs / 1000} s`
  return [
    { name: `${away}: requests of a known key served`, unit: '', value: served },
    { name: `${away}: of a known key not served`, unit: '', value: otherwise, ...never },
    { name: `${away}: of an unknown key told 503`, unit: '', value: heard },
    { name: `${away}: of an unknown key told anything else`, unit: '', value: wrongly, ...never },
    {
      name: `${away}: served and not charged`,
      unit: '',
      value: served + KNOWN_AFTER - events,
      ...never,
    },
    {
      name: `${away}: until an unknown key is served afterwards`,
      unit: 'ms',
      value: recoveredMs,
      target: { kind: 'at_most', value: RECOVERED_MS },
    },
  ]
}
