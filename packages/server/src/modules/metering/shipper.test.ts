/** The road from an acknowledged record to the balance: every one arrives once, and a dead writer's as well. */
import { appendFileSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { createHold, getBalance } from '#modules/ledger/index.ts'
import { inTransaction, openDatabase } from '#platform/db/database.ts'
import { untilTrue } from '../../../test/harness/index.ts'
import { createJournal, type JournalRecord } from './index.ts'
import {
  chargedTo,
  costOf,
  crashing,
  db,
  ids,
  makeCustomer,
  makeEvent,
  makeStand,
  now,
  progress,
  usage,
  withQuantity,
  type Stand,
} from './testing/journal-stand.ts'

describe('a living writer', () => {
  test('every acknowledged record is in the balance once, also over many segments', async () => {
    const { directory, writer, makeShipper, files } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer, segmentBytesMax: 4_000 })
    const events = Array.from({ length: 500 }, (_, index) =>
      makeEvent(organizationId, BigInt(index)),
    )
    for (let at = 0; at < events.length; at += 50)
      await Promise.all(events.slice(at, at + 50).map((each) => journal.append(usage(each))))
    // when
    const shipper = makeShipper()
    await shipper.drain()
    await makeShipper().drain()
    // then
    expect(await chargedTo(organizationId)).toBe(costOf((499n * 500n) / 2n))
    expect(files()).toHaveLength(1)
    expect(shipper.backlogEvents()).toBe(0)
    await journal.close()
  })

  test('a running shipper brings records into the balance as they come', async () => {
    const { directory, writer, makeShipper } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer })
    const posted: number[] = []
    const shipper = makeShipper({ onPosted: (each) => posted.push(each.posted) })
    shipper.start()
    for (let index = 0; index < 5; index++) {
      await journal.append(usage(makeEvent(organizationId, 1n)))
      await untilTrue(async () => (await chargedTo(organizationId)) === costOf(index + 1))
    }
    await shipper.stop()
    shipper.start()
    await journal.append(usage(makeEvent(organizationId, 1n)))
    await untilTrue(async () => (await chargedTo(organizationId)) === costOf(6n))
    await shipper.stop()
    expect(posted.reduce((sum, each) => sum + each, 0)).toBe(6)
    await journal.close()
  })

  test('the backlog is told before it is posted', async () => {
    const { directory, writer, makeShipper } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer })
    await Promise.all(
      [1n, 2n, 3n].map((each) => journal.append(usage(makeEvent(organizationId, each)))),
    )
    const stuck = makeShipper({ database: openDatabase('postgres://nobody@127.0.0.1:1/none') })
    stuck.start()
    await untilTrue(() => stuck.backlogEvents() > 0)
    await stuck.stop()
    await journal.close()
  })

  test('progress is charged nothing while its request runs, and its segments are kept until it ends', async () => {
    const { directory, writer, makeShipper, files } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer, segmentBytesMax: 1_000 })
    const running = makeEvent(organizationId, 100n)
    await journal.append(progress(running))
    const others = Array.from({ length: 12 }, () => makeEvent(organizationId, 1n))
    for (const each of others) await journal.append(usage(each))
    // when
    await makeShipper().drain()
    // then
    expect(await chargedTo(organizationId)).toBe(costOf(12n))
    expect(files()[0]).toContain('.00000001.')
    // when it ends
    await journal.append(usage(withQuantity(running, 150n)))
    for (const each of others) await journal.append(usage(each))
    await makeShipper().drain()
    // then
    expect(await chargedTo(organizationId)).toBe(costOf(162n))
    expect(files()[0]).not.toContain('.00000001.')
    await journal.close()
  })

  test('a hold that is closed returns what is left after everything before it', async () => {
    const { directory, writer, makeShipper } = makeStand()
    const organizationId = await makeCustomer()
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
    await journal.append(usage(makeEvent(organizationId, 1_000n, holdId)))
    await makeShipper().drain()
    expect((await getBalance(db, organizationId)).held).toBe(amount - costOf(1_000n))
    await journal.append({ kind: 'hold_closed', holdId })
    await journal.append({ kind: 'hold_closed', holdId: 'hld_unknown' })
    await makeShipper().drain()
    expect((await getBalance(db, organizationId)).held).toBe(0n)
    await journal.close()
  })

  test('two shippers at once post everything once', async () => {
    const { directory, writer, makeShipper } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer })
    const events = Array.from({ length: 3_000 }, () => makeEvent(organizationId, 1n))
    await Promise.all(events.map((each) => journal.append(usage(each))))
    await Promise.all([makeShipper().drain(), makeShipper().drain()])
    expect(await chargedTo(organizationId)).toBe(costOf(3_000n))
    await journal.close()
  })

  test('events of one id that differ are reported, and the first stays', async () => {
    const { directory, writer, makeShipper, reports } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer })
    const first = makeEvent(organizationId, 10n)
    await journal.append(usage(first))
    await journal.append(usage(withQuantity(first, 99n)))
    await makeShipper().drain()
    expect(reports).toEqual([{ kind: 'conflicts', writer, count: 1 }])
    expect(await chargedTo(organizationId)).toBe(costOf(10n))
    await journal.close()
  })
})

describe('a writer that is gone', () => {
  async function writeAndCrash(
    { directory, writer }: Stand,
    records: readonly JournalRecord[],
  ): Promise<void> {
    const journal = crashing(await createJournal({ directory, writer, segmentBytesMax: 2_000 }))
    for (const record of records) await journal.append(record)
  }

  test('one that ended in good order leaves no file, no hold and a closed position', async () => {
    const each = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory: each.directory, writer: each.writer })
    await journal.append(usage(makeEvent(organizationId, 7n)))
    await journal.close()
    await journal.close()
    await each.makeShipper().drain()
    expect(await chargedTo(organizationId)).toBe(costOf(7n))
    expect(each.files()).toEqual([])
    const position = await db
      .selectFrom('journal_position')
      .select('is_closed')
      .where('writer', '=', each.writer)
      .executeTakeFirst()
    expect(position).toEqual({ is_closed: true })
  })

  test('of a killed one, unfinished requests are charged for what they used and its holds are released', async () => {
    const each = makeStand()
    const organizationId = await makeCustomer()
    const amount = money('5')
    const hold = { organizationId, amount, purpose: 'gateway', now, ids } as const
    await inTransaction(db, (tx) => createHold(tx, { ...hold, reference: each.writer }))
    await inTransaction(db, (tx) => createHold(tx, { ...hold, reference: 'gw_other' }))
    const [cut, finished] = [makeEvent(organizationId, 10n), makeEvent(organizationId, 20n)]
    await writeAndCrash(each, [
      progress(cut),
      progress(finished),
      progress(withQuantity(cut, 15n)),
      usage(withQuantity(finished, 30n)),
    ])
    // when
    await each.makeShipper().drain()
    expect(await chargedTo(organizationId)).toBe(costOf(30n))
    each.dead.add(each.writer)
    await each.makeShipper().drain()
    await each.makeShipper().drain()
    // then
    expect(await chargedTo(organizationId)).toBe(costOf(45n))
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
    const each = makeStand()
    const organizationId = await makeCustomer()
    const cut = makeEvent(organizationId, 10n)
    const others = Array.from({ length: 30 }, () => makeEvent(organizationId, 1n))
    await writeAndCrash(each, [progress(cut), ...others.map(usage)])
    await each.makeShipper().drain()
    each.dead.add(each.writer)
    await each.makeShipper().drain()
    expect(await chargedTo(organizationId)).toBe(costOf(40n))
  })

  test('a torn tail is left out and reported, wherever it was cut', async () => {
    for (const cut of [1, 5, 13, 40]) {
      const each = makeStand()
      const organizationId = await makeCustomer()
      await writeAndCrash(each, [
        usage(makeEvent(organizationId, 3n)),
        usage(makeEvent(organizationId, 4n)),
      ])
      const path = join(each.directory, each.files()[0] ?? '')
      truncateSync(path, readFileSync(path).length - cut)
      each.dead.add(each.writer)
      await each.makeShipper().drain()
      expect(await chargedTo(organizationId)).toBe(costOf(3n))
      expect(each.reports.map(({ kind }) => kind)).toEqual(['torn_tail', 'writer_closed'])
    }
  })

  test('bytes of nothing behind the last record, as a lost write leaves them, are a torn tail', async () => {
    const each = makeStand()
    const organizationId = await makeCustomer()
    await writeAndCrash(each, [usage(makeEvent(organizationId, 3n))])
    appendFileSync(join(each.directory, each.files()[0] ?? ''), Buffer.alloc(4096))
    each.dead.add(each.writer)
    await each.makeShipper().drain()
    expect(each.reports[0]).toEqual({ kind: 'torn_tail', writer: each.writer, bytes: 4096 })
    expect(await chargedTo(organizationId)).toBe(costOf(3n))
  })

  test('one that is declared dead and is not is told so, and nothing it acknowledged is lost', async () => {
    const { directory, writer, makeShipper, dead } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer, segmentBytesMax: 2_000 })
    let acknowledged = 0
    const write = async (): Promise<string> => {
      const failure = await journal.append(usage(makeEvent(organizationId, 1n))).catch(String)
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
    await expect(journal.append(usage(makeEvent(organizationId, 1n)))).rejects.toThrow(
      'declared dead',
    )
    const posted = await chargedTo(organizationId)
    expect(posted).toBeGreaterThanOrEqual(costOf(acknowledged))
    expect(posted).toBeLessThanOrEqual(costOf(acknowledged + 1))
    await journal.close()
  })
})
