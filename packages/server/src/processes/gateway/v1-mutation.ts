/** What files and batches share at the public port: who asks, changes with their audit record, and faults in OpenAI's words. */
import { ERRORS } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { recordAuditEvent } from '#modules/audit/index.ts'
import { type Principal, type Refusal, refusals } from '#modules/gateway/index.ts'
import { type Database, type Tx, inTransaction } from '#platform/db/database.ts'
import { type Exchange, sendRefusal, type ServedExchange } from './exchange.ts'
import { identifyCaller, type IdentifyDeps } from './identify.ts'

export interface StoredDeps extends IdentifyDeps {
  readonly database: Database
  readonly ids: IdSource
}

export interface Asked {
  readonly exchange: ServedExchange
  readonly principal: Principal
}

function refusalOf({ code, message }: Fault): Refusal {
  const { status } = ERRORS[code]
  if (status >= 500) return refusals.databaseAway()
  return refusals.invalidRequest(message, { status, code: code.replace('.', '_') })
}

/** Identifies the caller, and answers what goes wrong on the way. */
export async function serveKnown(
  deps: StoredDeps,
  exchange: ServedExchange,
  work: (asked: Asked) => Promise<void>,
): Promise<void> {
  const principal = await identifyCaller(deps, exchange.request)
  if ('status' in principal) return sendRefusal(exchange, principal)
  try {
    await work({ exchange, principal })
  } catch (failure) {
    if (!(failure instanceof Fault)) throw failure
    sendRefusal(exchange, refusalOf(failure))
  }
}

export interface Mutation<Result> {
  /** As the audit log names it. */
  readonly action: string
  readonly target: (result: Result) => string
  readonly work: (tx: Tx, now: Date) => Promise<Result>
}

/** A change and its audit record commit together. */
export function mutate<Result>(
  { database, ids, now }: StoredDeps,
  { exchange, principal }: Asked,
  { action, target, work }: Mutation<Result>,
): Promise<Result> {
  return inTransaction(database, async (tx) => {
    const at = now()
    const result = await work(tx, at)
    const { apiKeyId: actor, organizationId } = principal
    await recordAuditEvent(tx, {
      ...{ id: newId('auditEvent', ids), at, actor, organizationId, action },
      ...{ target: target(result), outcome: 'done', requestId: exchange.requestId },
    })
    return result
  })
}

/** The part of an address behind the question mark. */
export function queryOf({ request }: Exchange): URLSearchParams {
  return new URL(request.url ?? '/', 'http://here').searchParams
}

/** A number of the query within bounds; what is none counts as left out. */
export function limitOf(
  query: URLSearchParams,
  { most, usual }: { most: number; usual: number },
): number {
  const wanted = Number(query.get('limit') ?? usual)
  return Number.isInteger(wanted) && wanted >= 1 ? Math.min(wanted, most) : usual
}
