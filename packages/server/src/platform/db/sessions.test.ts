/** What lives in a session: listening and the controller lock, over broken connections. */
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import {
  confirmController,
  contendForController,
  type ControllerSession,
} from './controller-lock.ts'
import type { Dedicated } from './dedicated-connection.ts'
import { listen } from './listen.ts'

const { db, url } = await cloneDatabase('empty')
const open: Dedicated[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

async function terminate(applicationName: string): Promise<void> {
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = ${applicationName}`.execute(db)
}

async function notify(channel: string, payload: string): Promise<void> {
  await sql`SELECT pg_notify(${channel}, ${payload})`.execute(db)
}

function listenFor(channels: readonly string[]) {
  const heard: string[] = []
  let connects = 0
  const listening = listen(url, channels, {
    notified: (channel, payload) => heard.push(`${channel}:${payload}`),
    connected: () => connects++,
  })
  open.push(listening)
  return { heard, connects: () => connects }
}

function contend() {
  const news: string[] = []
  let session: ControllerSession | null = null
  const contention = contendForController({
    url,
    gained: (gained) => {
      session = gained
      news.push('gained')
    },
    lost: () => news.push('lost'),
  })
  open.push(contention)
  return { news, session: () => session ?? { backendPid: 0 }, contention }
}

test('a listener hears its channels and no others', async () => {
  const { heard, connects } = listenFor(['lease', 'odd "channel"'])
  await untilTrue(() => connects() === 1)
  await notify('other', 'x')
  await notify('lease', '1')
  await notify('odd "channel"', '2')
  await untilTrue(() => heard.length === 2)
  expect(heard).toEqual(['lease:1', 'odd "channel":2'])
})

test('a listener whose connection broke listens again and is told to look for itself', async () => {
  const { heard, connects } = listenFor(['lease'])
  await untilTrue(() => connects() === 1)
  await terminate('spillway-listen')
  await untilTrue(() => connects() === 2)
  await notify('lease', 'again')
  await untilTrue(() => heard.length === 1)
})

test('of two that contend one is the controller, and the other follows when it leaves', async () => {
  // given
  const first = contend()
  await untilTrue(() => first.news.length === 1)
  const second = contend()
  await untilTrue(async () => {
    const { rows } = await sql`SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'spillway-controller-lock'`.execute(
      db,
    )
    return rows.length === 2
  })
  expect(second.news).toEqual([])
  expect(await confirmController(db, first.session())).toBe(true)
  // when
  await first.contention.close()
  // then
  await untilTrue(() => second.news.length === 1)
  expect(first.news).toEqual(['gained', 'lost'])
  expect(await confirmController(db, first.session())).toBe(false)
  expect(await confirmController(db, second.session())).toBe(true)
})

test('a controller whose session breaks is told, and may become it again', async () => {
  const { news, session } = contend()
  await untilTrue(() => news.length === 1)
  const former = session()
  await terminate('spillway-controller-lock')
  await untilTrue(() => news.length === 3)
  expect(news).toEqual(['gained', 'lost', 'gained'])
  expect(await confirmController(db, former)).toBe(false)
})

test('closing ends at once although the database never answered', async () => {
  const listening = listen('postgresql://nobody@127.0.0.1:1/nothing', ['lease'], {
    notified: () => undefined,
  })
  await listening.close()
})
