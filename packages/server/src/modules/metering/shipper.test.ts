/** The road from an acknowledged record to the balance: nothing lost, nothing twice, whatever dies in between. */
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { idSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { money, rate } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { createHold, getBalance, grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { inTransaction, openDatabase } from '#platform/db/database.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import {
  createJournal,
  createShipper,
  verifyBooks,
  type Journal,
  type JournalRecord,
  type Shipper,
  type ShipperDeps,
  type ShipperReport,
  type UsageEvent,
} from './index.ts'

const { db, url } = await cloneDatabase()
const now = new Date('2026-03-01T12:00:00.000Z')
const ids = idSource(() => now.getTime())
const SKU = 'tokens.toy.output'
const PRICE = { amount: money('0.61'), per: 1_000_000n, unit: 'token' } as const
await defineSku(db, { name: SKU, unit: 'token', description: 'output' })
const priceId = await inTransaction(db, (tx) => setPrice(tx, { sku: SKU, price: PRICE, now, ids }))
const root = mkdtempSync(join(tmpdir(), 'spillway-journal-'))
/** Journals that were left as by a crash; only their open files are closed in the end. */
const crashes: Journal[] = []
afterAll(async () => {
  await Promise.allSettled(crashes.map((journal) => journal.close()))
  rmSync(root, { recursive: true })
})
let counter = 0

async function customer(): Promise<string> {
  const organizationId = `org_${++counter}`
  await inTransaction(db, async (tx) => {
    await openCustomerAccount(tx, organizationId)
    const source = `credit:${organizationId}`
    await grantCredit(tx, { organizationId, amount: money('1000'), source, now, ids })
  })
  return organizationId
}

function event(organizationId: string, quantity: bigint, holdId: string | null = null): UsageEvent {
  return {
    id: renderUuid(uuidBytes(ids)),
    organizationId,
    projectId: 'prj_a',
    resource: 'toy',
    holdId,
    from: now,
    to: now,
    lines: [{ sku: SKU, priceId, quantity }],
  }
}

const usage = (of: UsageEvent): JournalRecord => ({ kind: 'usage', event: of })
const progress = (of: UsageEvent): JournalRecord => ({ kind: 'progress', event: of })
const withQuantity = (of: UsageEvent, quantity: bigint): UsageEvent => ({
  ...of,
  lines: [{ sku: SKU, priceId, quantity }],
})

interface Bench {
  readonly directory: string
  readonly writer: string
  readonly reports: ShipperReport[]
  readonly dead: Set<string>
  readonly makeShipper: (more?: Partial<ShipperDeps>) => Shipper
  readonly files: () => readonly string[]
}

function bench(): Bench {
  const directory = join(root, String(++counter))
  const reports: ShipperReport[] = []
  const dead = new Set<string>()
  const silent = () => undefined
  return {
    directory,
    writer: `gw_${++counter}`,
    reports,
    dead,
    makeShipper: (more) =>
      createShipper({
        database: db,
        directory,
        isWriterAlive: (writer) => !dead.has(writer),
        now: () => now,
        ids,
        log: { info: silent, warn: silent, error: silent },
        onReport: (report) => reports.push(report),
        ...more,
      }),
    files: () => readdirSync(directory).toSorted(),
  }
}

async function charged(organizationId: string): Promise<bigint> {
  return money('1000') - (await getBalance(db, organizationId)).posted
}

async function expectSound(): Promise<void> {
  const { checks } = await verifyBooks(db)
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
}

afterEach(() => expectSound())

describe('a living writer', () => {
  test('every acknowledged record is in the balance once, also over many segments', async () => {
    const { directory, writer, makeShipper, files } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer, segmentBytesMax: 4_000 })
    const events = Array.from({ length: 500 }, (_, index) => event(organizationId, BigInt(index)))
    for (let at = 0; at < events.length; at += 50)
      await Promise.all(events.slice(at, at + 50).map((each) => journal.append(usage(each))))
    // when
    const shipper = makeShipper()
    await shipper.drain()
    await makeShipper().drain()
    // then
    expect(await charged(organizationId)).toBe(rate(PRICE, (499n * 500n) / 2n))
    expect(files()).toHaveLength(1)
    expect(shipper.backlogEvents()).toBe(0)
    await journal.close()
  })

  test('a running shipper brings records into the balance as they come', async () => {
    const { directory, writer, makeShipper } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer })
    const posted: number[] = []
    const shipper = makeShipper({ onPosted: (each) => posted.push(each.posted) })
    shipper.start()
    for (let index = 0; index < 5; index++) {
      await journal.append(usage(event(organizationId, 1n)))
      await untilTrue(
        async () => (await charged(organizationId)) === rate(PRICE, BigInt(index + 1)),
      )
    }
    await shipper.stop()
    shipper.start()
    await journal.append(usage(event(organizationId, 1n)))
    await untilTrue(async () => (await charged(organizationId)) === rate(PRICE, 6n))
    await shipper.stop()
    expect(posted.reduce((sum, each) => sum + each, 0)).toBe(6)
    await journal.close()
  })

  test('the backlog is told before it is posted', async () => {
    const { directory, writer, makeShipper } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer })
    await Promise.all(
      [1n, 2n, 3n].map((each) => journal.append(usage(event(organizationId, each)))),
    )
    const stuck = makeShipper({ database: openDatabase('postgres://nobody@127.0.0.1:1/none') })
    stuck.start()
    await untilTrue(() => stuck.backlogEvents() > 0)
    await stuck.stop()
    await journal.close()
  })

  test('progress is charged nothing while its request runs, and its segments are kept until it ends', async () => {
    const { directory, writer, makeShipper, files } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer, segmentBytesMax: 1_000 })
    const running = event(organizationId, 100n)
    await journal.append(progress(running))
    const others = Array.from({ length: 12 }, () => event(organizationId, 1n))
    for (const each of others) await journal.append(usage(each))
    // when
    await makeShipper().drain()
    // then
    expect(await charged(organizationId)).toBe(rate(PRICE, 12n))
    expect(files()[0]).toContain('.00000001.')
    // when it ends
    await journal.append(usage(withQuantity(running, 150n)))
    for (const each of others) await journal.append(usage(each))
    await makeShipper().drain()
    // then
    expect(await charged(organizationId)).toBe(rate(PRICE, 162n))
    expect(files()[0]).not.toContain('.00000001.')
    await journal.close()
  })

  test('a hold that is closed returns what is left after everything before it', async () => {
    const { directory, writer, makeShipper } = bench()
    const organizationId = await customer()
    const amount = money('5')
    const hold = {
      organizationId,
      amount,
      purpose: 'gateway',
      reference: writer,
      now,
      ids,
    } as const
    const outcome = await inTransaction(db, (tx) => createHold(tx, hold))
    const holdId = outcome.kind === 'held' ? outcome.holdId : ''
    const journal = await createJournal({ directory, writer })
    await journal.append(usage(event(organizationId, 1_000n, holdId)))
    await makeShipper().drain()
    expect((await getBalance(db, organizationId)).held).toBe(amount - rate(PRICE, 1_000n))
    await journal.append({ kind: 'hold_closed', holdId })
    await journal.append({ kind: 'hold_closed', holdId: 'hld_unknown' })
    await makeShipper().drain()
    expect((await getBalance(db, organizationId)).held).toBe(0n)
    await journal.close()
  })

  test('two shippers at once post everything once', async () => {
    const { directory, writer, makeShipper } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer })
    const events = Array.from({ length: 3_000 }, () => event(organizationId, 1n))
    await Promise.all(events.map((each) => journal.append(usage(each))))
    await Promise.all([makeShipper().drain(), makeShipper().drain()])
    expect(await charged(organizationId)).toBe(rate(PRICE, 3_000n))
    await journal.close()
  })

  test('events of one id that differ are reported, and the first stays', async () => {
    const { directory, writer, makeShipper, reports } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer })
    const first = event(organizationId, 10n)
    await journal.append(usage(first))
    await journal.append(usage(withQuantity(first, 99n)))
    await makeShipper().drain()
    expect(reports).toEqual([{ kind: 'conflicts', writer, count: 1 }])
    expect(await charged(organizationId)).toBe(rate(PRICE, 10n))
    await journal.close()
  })
})

describe('a writer that is gone', () => {
  async function crashed(
    { directory, writer }: Bench,
    records: readonly JournalRecord[],
  ): Promise<void> {
    // Never closed: as if the process had been killed.
    const journal = await createJournal({ directory, writer, segmentBytesMax: 2_000 })
    crashes.push(journal)
    for (const record of records) await journal.append(record)
  }

  test('one that ended in good order leaves no file, no hold and a closed position', async () => {
    const each = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory: each.directory, writer: each.writer })
    await journal.append(usage(event(organizationId, 7n)))
    await journal.close()
    await journal.close()
    await each.makeShipper().drain()
    expect(await charged(organizationId)).toBe(rate(PRICE, 7n))
    expect(each.files()).toEqual([])
    const position = await db
      .selectFrom('journal_position')
      .select('is_closed')
      .where('writer', '=', each.writer)
      .executeTakeFirst()
    expect(position).toEqual({ is_closed: true })
  })

  test('of a killed one, unfinished requests are charged for what they used and its holds are released', async () => {
    const each = bench()
    const organizationId = await customer()
    const amount = money('5')
    const hold = { organizationId, amount, purpose: 'gateway', now, ids } as const
    await inTransaction(db, (tx) => createHold(tx, { ...hold, reference: each.writer }))
    await inTransaction(db, (tx) => createHold(tx, { ...hold, reference: 'gw_other' }))
    const [cut, finished] = [event(organizationId, 10n), event(organizationId, 20n)]
    await crashed(each, [
      progress(cut),
      progress(finished),
      progress(withQuantity(cut, 15n)),
      usage(withQuantity(finished, 30n)),
    ])
    // when
    await each.makeShipper().drain()
    expect(await charged(organizationId)).toBe(rate(PRICE, 30n))
    each.dead.add(each.writer)
    await each.makeShipper().drain()
    await each.makeShipper().drain()
    // then
    expect(await charged(organizationId)).toBe(rate(PRICE, 45n))
    expect((await getBalance(db, organizationId)).held).toBe(amount)
    expect(each.files()).toEqual([])
    const closed = {
      kind: 'writer_closed',
      writer: each.writer,
      unfinishedEvents: 1,
      holdsReleased: 1,
    }
    expect(each.reports).toEqual([closed])
  })

  test('a shipper that starts late still knows unfinished requests from segments it had posted', async () => {
    const each = bench()
    const organizationId = await customer()
    const cut = event(organizationId, 10n)
    const others = Array.from({ length: 30 }, () => event(organizationId, 1n))
    await crashed(each, [progress(cut), ...others.map(usage)])
    await each.makeShipper().drain()
    each.dead.add(each.writer)
    await each.makeShipper().drain()
    expect(await charged(organizationId)).toBe(rate(PRICE, 40n))
  })

  test('a torn tail is left out and reported, wherever it was cut', async () => {
    for (const cut of [1, 5, 13, 40]) {
      const each = bench()
      const organizationId = await customer()
      await crashed(each, [usage(event(organizationId, 3n)), usage(event(organizationId, 4n))])
      const path = join(each.directory, each.files()[0] ?? '')
      truncateSync(path, readFileSync(path).length - cut)
      each.dead.add(each.writer)
      await each.makeShipper().drain()
      expect(await charged(organizationId)).toBe(rate(PRICE, 3n))
      expect(each.reports.map(({ kind }) => kind)).toEqual(['torn_tail', 'writer_closed'])
    }
  })

  test('bytes of nothing behind the last record, as a lost write leaves them, are a torn tail', async () => {
    const each = bench()
    const organizationId = await customer()
    await crashed(each, [usage(event(organizationId, 3n))])
    appendFileSync(join(each.directory, each.files()[0] ?? ''), Buffer.alloc(4096))
    each.dead.add(each.writer)
    await each.makeShipper().drain()
    expect(each.reports[0]).toEqual({ kind: 'torn_tail', writer: each.writer, bytes: 4096 })
    expect(await charged(organizationId)).toBe(rate(PRICE, 3n))
  })

  test('one that is declared dead and is not is told so, and nothing it acknowledged is lost', async () => {
    const { directory, writer, makeShipper, dead } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer, segmentBytesMax: 2_000 })
    let acknowledged = 0
    const write = async (): Promise<string> => {
      const failure = await journal.append(usage(event(organizationId, 1n))).catch(String)
      if (failure !== undefined) return failure
      acknowledged++
      return write()
    }
    const told = write()
    await untilTrue(() => acknowledged > 20)
    // when
    dead.add(writer)
    await makeShipper().drain()
    // then
    expect(await told).toContain('declared dead')
    await expect(journal.append(usage(event(organizationId, 1n)))).rejects.toThrow('declared dead')
    const posted = await charged(organizationId)
    expect(posted).toBeGreaterThanOrEqual(rate(PRICE, BigInt(acknowledged)))
    expect(posted).toBeLessThanOrEqual(rate(PRICE, BigInt(acknowledged + 1)))
    await journal.close()
  })
})

describe('a journal that is wrong', () => {
  async function written({ directory, writer }: Bench, organizationId: string): Promise<void> {
    const journal = await createJournal({ directory, writer, segmentBytesMax: 1_000 })
    crashes.push(journal)
    for (let index = 0; index < 12; index++) await journal.append(usage(event(organizationId, 1n)))
  }

  test('corruption with records behind it stops that writer, loudly, and no other', async () => {
    const broken = bench()
    const organizationId = await customer()
    await written(broken, organizationId)
    const sound = await createJournal({ directory: broken.directory, writer: 'gw_sound' })
    const other = await customer()
    await sound.append(usage(event(other, 5n)))
    const path = join(broken.directory, broken.files()[0] ?? '')
    const bytes = readFileSync(path)
    bytes[60] = (bytes[60] ?? 0) ^ 1
    writeFileSync(path, bytes)
    // when
    broken.dead.add(broken.writer)
    const shipper = broken.makeShipper()
    await shipper.drain()
    // then
    expect(shipper.stoppedWriters()).toEqual([broken.writer])
    const [report] = broken.reports
    expect(report).toMatchObject({
      kind: 'writer_stopped',
      writer: broken.writer,
      reason: 'corrupt',
    })
    expect(await charged(organizationId)).toBe(0n)
    expect(await charged(other)).toBe(rate(PRICE, 5n))
    expect(broken.files()).toContain(`${broken.writer}.00000001.journal`)
    // when it was repaired
    bytes[60] = (bytes[60] ?? 0) ^ 1
    writeFileSync(path, bytes)
    await broken.makeShipper().drain()
    expect(await charged(organizationId)).toBe(rate(PRICE, 12n))
    await sound.close()
  })

  test('a segment that is missing stops its writer', async () => {
    const each = bench()
    const organizationId = await customer()
    await written(each, organizationId)
    rmSync(join(each.directory, `${each.writer}.00000002.journal`))
    await each.makeShipper().drain()
    expect(each.reports).toMatchObject([{ kind: 'writer_stopped', reason: 'corrupt' }])
  })

  test('an event that can never be posted stops its writer', async () => {
    const each = bench()
    const journal = await createJournal({ directory: each.directory, writer: each.writer })
    const wrong = event(await customer(), 1n)
    const lines = [{ sku: SKU, priceId: 'prc_unknown', quantity: 1n }]
    await journal.append(usage({ ...wrong, lines }))
    await each.makeShipper().drain()
    expect(each.reports).toMatchObject([{ kind: 'writer_stopped', reason: 'refused' }])
    await journal.close()
  })

  test('the name of a writer is used once', async () => {
    const each = bench()
    const { directory, writer } = each
    const first = await createJournal({ directory, writer })
    await expect(createJournal({ directory, writer })).rejects.toThrow('already')
    await first.append(usage(event(await customer(), 1n)))
    await first.close()
    await each.makeShipper().drain()
    const again = await createJournal({ directory, writer })
    await again.append(usage(event(await customer(), 2n)))
    await each.makeShipper().drain()
    expect(each.reports.at(-1)).toMatchObject({ kind: 'writer_stopped', reason: 'name_reused' })
    expect(each.files()).toHaveLength(1)
    await again.close()
  })
})

describe('a database that goes away', () => {
  /** Stands between the shipper and PostgreSQL, and can cut every connection. */
  async function makeGate(): Promise<{ url: string; shut: () => void; open: () => Promise<void> }> {
    const target = new URL(url)
    const folder = target.searchParams.get('host')
    const sockets = new Set<Socket>()
    let server: Server
    let port = 0
    const open = async () => {
      server = createServer((near) => {
        const far = folder
          ? connect(`${folder}/.s.PGSQL.${target.port}`)
          : connect(Number(target.port), target.hostname)
        for (const socket of [near, far]) {
          sockets.add(socket)
          socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
        }
        near.pipe(far).pipe(near)
      })
      await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
      port = (server.address() as AddressInfo).port
    }
    await open()
    const through = new URL(url)
    through.searchParams.delete('host')
    through.port = String(port)
    const shut = () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
    return { url: through.href, shut, open }
  }

  test('events wait in the journal, loudly, and are posted once when it is back', async () => {
    const { directory, writer, makeShipper, reports } = bench()
    const organizationId = await customer()
    const journal = await createJournal({ directory, writer })
    const gate = await makeGate()
    const database = openDatabase(gate.url)
    const shipper = makeShipper({ database })
    shipper.start()
    let written = 0n
    const writing = (async () => {
      for (; written < 400n; written++) await journal.append(usage(event(organizationId, 1n)))
    })()
    // when
    for (let cut = 0; cut < 3; cut++) {
      await untilTrue(async () => (await charged(organizationId)) >= rate(PRICE, BigInt(cut * 50)))
      const before = reports.length
      gate.shut()
      await untilTrue(() => reports.length > before)
      await gate.open()
    }
    await writing
    // then
    await untilTrue(async () => (await charged(organizationId)) === rate(PRICE, 400n))
    expect(new Set(reports.map(({ kind }) => kind))).toEqual(new Set(['retrying']))
    await shipper.stop()
    await database.destroy()
    gate.shut()
    await journal.close()
  })
})

describe('a disk that is full', () => {
  test('what does not fit is refused, and what was acknowledged before and after is kept', async () => {
    const { directory, writer, makeShipper, dead } = bench()
    const organizationId = await customer()
    const service = join(import.meta.dirname, 'journal-service.ts')
    const ofSize = (size: number) =>
      JSON.stringify(
        { ...event(organizationId, 1n), resource: 'r'.repeat(size) },
        (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value),
      )
    const program = `
      import { createJournal } from ${JSON.stringify(service)}
      process.on('SIGXFSZ', () => {})
      const journal = await createJournal({ directory: ${JSON.stringify(directory)}, writer: ${JSON.stringify(writer)} })
      for (const text of process.argv.slice(1)) {
        const { from, to, lines, ...rest } = JSON.parse(text)
        const event = { ...rest, from: new Date(from), to: new Date(to), lines: lines.map((line) => ({ ...line, quantity: BigInt(line.quantity) })) }
        const outcome = await journal.append({ kind: 'usage', event }).then(() => 'kept', (failure) => failure.reason)
        console.log(outcome)
      }
      process.kill(process.pid, 'SIGKILL')`
    const sizes = [100, 100, 20_000, 100]
    const limited = `ulimit -f 8; exec "$0" --input-type=module-typescript -e "$@"`
    const child = spawn('sh', ['-c', limited, process.execPath, program, ...sizes.map(ofSize)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    })
    const outcomes = (await Array.fromAsync(child.stdout)).join('').trim().split('\n')
    expect(outcomes).toEqual(['kept', 'kept', 'refused', 'kept'])
    dead.add(writer)
    await makeShipper().drain()
    expect(await charged(organizationId)).toBe(rate(PRICE, 1n) * 2n + rate(PRICE, 1n))
  })
})
