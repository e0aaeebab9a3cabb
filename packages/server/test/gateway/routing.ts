/** Routes and what projects allow, set as the API sets them. */
import { RouteConstraints, RouteDocument } from '@spillway/contract'
import { routingRoutes } from '#modules/routing/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { Customer } from './installation.ts'

const { setRoute, setRouteConstraint } = routingRoutes()

export async function addRoute(db: Database, model: string, document: unknown): Promise<void> {
  const body = { document: RouteDocument.parse(document) }
  await inTransaction(db, async (tx) => {
    const call = { db: tx, params: { model }, body, now: new Date(), setTarget: () => undefined }
    await setRoute(call as never)
  })
}

/** For the customer's own project. */
export async function constrain(
  db: Database,
  principal: Customer,
  constraints: unknown,
): Promise<void> {
  const body = { constraints: RouteConstraints.parse(constraints) }
  await inTransaction(db, async (tx) => {
    const call = { db: tx, principal, body, now: new Date(), setTarget: () => undefined }
    await setRouteConstraint(call as never)
  })
}
