/** What projects let be kept, set and read as the API does, each for the customer's own project. */
import { idSource } from '#kernel/ids.ts'
import { contentRoutes } from '#modules/content/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { type Customer, PEPPER } from './installation.ts'

const routes = contentRoutes({ ids: idSource(Date.now), pepper: PEPPER })

function callOf(db: Db, principal: Customer, more: object = {}): never {
  const call = { db, principal, body: {}, query: { limit: 100 }, now: new Date() }
  return { ...call, setTarget: () => undefined, ...more } as never
}

export function contentOf(db: Database, principal: Customer) {
  const run = <Answer>(route: (call: never) => Promise<Answer>, more?: object): Promise<Answer> =>
    inTransaction(db, (tx) => route(callOf(tx, principal, more)))
  return {
    setPolicy: (body: object) => run(routes.setContentPolicy, { body }),
    cache: () => run(routes.getCache),
    purge: () => run(routes.purgeCache),
    stored: () => run(routes.listStoredContents),
    read: (id: string) => run(routes.getStoredContent, { params: { id } }),
    remove: (id: string) => run(routes.deleteStoredContent, { params: { id } }),
  }
}
