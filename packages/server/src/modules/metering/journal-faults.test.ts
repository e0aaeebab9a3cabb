/** What the journal does when a file, the database or the disk is not as it should be: loud, and nothing lost. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '#platform/db/database.ts'
import { untilTrue } from '../../../test/harness/index.ts'
import { createJournal } from './index.ts'
import {
  chargedTo,
  costOf,
  crashing,
  makeCustomer,
  makeEvent,
  makeStand,
  priceId,
  SKU,
  url,
  usage,
  withUnknownPrice,
  type Stand,
} from './testing/journal-stand.ts'

describe('a journal that is wrong', () => {
  async function written({ directory, writer }: Stand, organizationId: string): Promise<void> {
    const journal = crashing(await createJournal({ directory, writer, segmentBytesMax: 1_000 }))
    for (let index = 0; index < 12; index++)
      await journal.append(usage(makeEvent(organizationId, 1n)))
  }

  test('corruption with records behind it stops that writer, loudly, and no other', async () => {
    const broken = makeStand()
    const organizationId = await makeCustomer()
    await written(broken, organizationId)
    const sound = await createJournal({ directory: broken.directory, writer: 'gw_sound' })
    const other = await makeCustomer()
    await sound.append(usage(makeEvent(other, 5n)))
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
    expect(await chargedTo(organizationId)).toBe(0n)
    expect(await chargedTo(other)).toBe(costOf(5n))
    expect(broken.files()).toContain(`${broken.writer}.00000001.journal`)
    // when it was repaired
    bytes[60] = (bytes[60] ?? 0) ^ 1
    writeFileSync(path, bytes)
    await broken.makeShipper().drain()
    expect(await chargedTo(organizationId)).toBe(costOf(12n))
    await sound.close()
  })

  test('a segment that is missing stops its writer', async () => {
    const each = makeStand()
    const organizationId = await makeCustomer()
    await written(each, organizationId)
    rmSync(join(each.directory, `${each.writer}.00000002.journal`))
    await each.makeShipper().drain()
    expect(each.reports).toMatchObject([{ kind: 'writer_stopped', reason: 'corrupt' }])
  })

  test('an event that can never be posted stops its writer', async () => {
    const each = makeStand()
    const journal = await createJournal({ directory: each.directory, writer: each.writer })
    await journal.append(usage(withUnknownPrice(makeEvent(await makeCustomer(), 1n))))
    await each.makeShipper().drain()
    expect(each.reports).toMatchObject([{ kind: 'writer_stopped', reason: 'refused' }])
    await journal.close()
  })

  test('the name of a writer is used once', async () => {
    const each = makeStand()
    const { directory, writer } = each
    const first = await createJournal({ directory, writer })
    await expect(createJournal({ directory, writer })).rejects.toThrow('already')
    await first.append(usage(makeEvent(await makeCustomer(), 1n)))
    await first.close()
    await each.makeShipper().drain()
    const again = await createJournal({ directory, writer })
    await again.append(usage(makeEvent(await makeCustomer(), 2n)))
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
    const { directory, writer, makeShipper, reports } = makeStand()
    const organizationId = await makeCustomer()
    const journal = await createJournal({ directory, writer })
    const gate = await makeGate()
    const database = openDatabase(gate.url)
    const shipper = makeShipper({ database })
    shipper.start()
    let written = 0n
    const writing = (async () => {
      for (; written < 400n; written++) await journal.append(usage(makeEvent(organizationId, 1n)))
    })()
    // when
    for (let cut = 0; cut < 3; cut++) {
      await untilTrue(async () => (await chargedTo(organizationId)) >= costOf(cut * 50))
      const before = reports.length
      gate.shut()
      await untilTrue(() => reports.length > before)
      await gate.open()
    }
    await writing
    // then
    await untilTrue(async () => (await chargedTo(organizationId)) === costOf(400n))
    expect(new Set(reports.map(({ kind }) => kind))).toEqual(new Set(['retrying']))
    await shipper.stop()
    await database.destroy()
    gate.shut()
    await journal.close()
  })
})

describe('a disk that is full', () => {
  test('what does not fit is refused, and what was acknowledged before and after is kept', async () => {
    const { directory, writer, makeShipper, dead } = makeStand()
    const organizationId = await makeCustomer()
    const program = join(import.meta.dirname, 'testing/limited-writer.ts')
    const sizes = ['100', '100', '20000', '100']
    const words = [program, directory, writer, organizationId, SKU, priceId, ...sizes]
    const child = spawn('sh', ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const outcomes = (await Array.fromAsync(child.stdout)).join('').trim().split('\n')
    expect(outcomes).toEqual(['kept', 'kept', 'refused', 'kept'])
    dead.add(writer)
    await makeShipper().drain()
    expect(await chargedTo(organizationId)).toBe(3n * costOf(1n))
  })
})
