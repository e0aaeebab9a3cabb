/** `/v1/batches` as OpenAI's clients speak it. Lines run elsewhere; here batches are started, shown and cancelled. */
import { BatchEndpoint } from '@spillway/contract'
import { z } from 'zod'
import {
  cancelBatch,
  createBatch,
  getBatch,
  listBatches,
  renderBatchObject,
  renderList,
} from '#modules/batch/index.ts'
import { parseJson, refusals } from '#modules/gateway/index.ts'
import { BODY_BYTES_MAX, readBody, sendJson, sendRefusal, type ServedExchange } from './exchange.ts'
import { type Asked, limitOf, mutate, queryOf, serveKnown, type StoredDeps } from './v1-mutation.ts'

export const BATCHES = '/v1/batches'

const LIST_MAX = 100
const LIST_USUAL = 20

const Wish = z.strictObject({
  input_file_id: z.string().min(1),
  endpoint: BatchEndpoint,
  completion_window: z.literal('24h'),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((entries) => Object.keys(entries).length <= 16, 'has at most 16 entries')
    .nullish(),
})

export function serveBatches(
  deps: StoredDeps,
  exchange: ServedExchange,
  path: string,
): Promise<void> {
  return serveKnown(deps, exchange, async (asked) => {
    const method = exchange.request.method ?? 'GET'
    const [id, verb, ...rest] = path.slice(BATCHES.length + 1).split('/')
    const wrong = (allowed: string) =>
      sendRefusal(exchange, refusals.wrongMethod(method, path, allowed))
    if (rest.length > 0 || (verb !== undefined && verb !== 'cancel'))
      return sendRefusal(exchange, refusals.unknownUrl(method, path))
    if (id === undefined || id === '') {
      if (method === 'POST') return create(deps, asked)
      return method === 'GET' ? list(deps, asked) : wrong('POST')
    }
    if (verb === 'cancel') return method === 'POST' ? cancel(deps, asked, id) : wrong('POST')
    return method === 'GET' ? show(deps, asked, id) : wrong('GET')
  })
}

async function create(deps: StoredDeps, asked: Asked): Promise<void> {
  const { exchange, principal } = asked
  const body = await readBody(exchange.request)
  if (body.kind === 'aborted') return
  if (body.kind === 'too_large') return sendRefusal(exchange, refusals.bodyTooLarge(BODY_BYTES_MAX))
  const wish = Wish.safeParse(parseJson(body.bytes.toString()))
  if (!wish.success) {
    const [issue] = wish.error.issues
    const param = issue?.path.join('.') || null
    const message = param === null ? issue?.message : `Invalid '${param}': ${issue?.message}`
    return sendRefusal(exchange, refusals.invalidRequest(message ?? 'Invalid body.', { param }))
  }
  const { input_file_id: inputFileId, endpoint, metadata = null } = wish.data
  const batch = await mutate(deps, asked, {
    action: 'batch.create',
    work: (tx, now) =>
      createBatch(tx, { principal, inputFileId, endpoint, metadata, now }, deps.ids),
    target: ({ id }) => id,
  })
  sendJson(exchange, JSON.stringify(renderBatchObject(batch)))
}

async function list({ database }: StoredDeps, { exchange, principal }: Asked): Promise<void> {
  const query = queryOf(exchange)
  const limit = limitOf(query, { most: LIST_MAX, usual: LIST_USUAL })
  const after = query.get('after') ?? undefined
  const { projectId } = principal
  const found = await listBatches(database, { projectId, limit: limit + 1, after })
  const items = found.slice(0, limit).map(renderBatchObject)
  sendJson(exchange, JSON.stringify(renderList(items, found.length > limit)))
}

async function show(deps: StoredDeps, { exchange, principal }: Asked, id: string): Promise<void> {
  const batch = await getBatch(deps.database, { id, projectId: principal.projectId })
  sendJson(exchange, JSON.stringify(renderBatchObject(batch)))
}

async function cancel(deps: StoredDeps, asked: Asked, id: string): Promise<void> {
  const batch = await mutate(deps, asked, {
    action: 'batch.cancel',
    target: () => id,
    work: (tx, now) => cancelBatch(tx, { id, projectId: asked.principal.projectId }, now),
  })
  sendJson(asked.exchange, JSON.stringify(renderBatchObject(batch)))
}
