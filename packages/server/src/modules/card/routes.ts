/** Cards of models over HTTP: everybody reads, the operator declares. */
import { listCardVersions, setCard } from '#modules/catalog/index.ts'
import type { Routes } from '#platform/http/handler.ts'
import { documentationOf } from './documentation-service.ts'
import { getCard, listCards, listHours } from './service.ts'

type Names =
  | 'listModelCards'
  | 'getModelCard'
  | 'listModelCardVersions'
  | 'setModelCard'
  | 'listModelMeasures'
  | 'getModelDocumentation'

export const cardRoutes: Pick<Routes, Names> = {
  listModelCards: async ({ db, principal, now }) => ({
    items: await listCards(db, principal, now),
    nextCursor: null,
  }),
  getModelCard: ({ db, params, principal, now }) =>
    getCard(db, { model: params.id, reader: principal }, now),
  listModelCardVersions: async ({ db, params, principal, now }) => {
    await getCard(db, { model: params.id, reader: principal }, now)
    const versions = await listCardVersions(db, params.id)
    const items = versions.map(({ setAt, document, ...version }) => ({
      ...{ ...version, card: document, setAt: setAt.toISOString() },
    }))
    return { items, nextCursor: null }
  },
  setModelCard: async ({ db, params, body, principal, now }) => {
    const { card: document, replaces } = body
    await setCard(db, { model: params.id, document, replaces }, now)
    return getCard(db, { model: params.id, reader: principal }, now)
  },
  listModelMeasures: async ({ db, params, query, principal, now }) => {
    const wanted = { model: params.id, reader: principal, hours: query.hours }
    return { items: await listHours(db, wanted, now), nextCursor: null }
  },
  getModelDocumentation: async ({ db, params, principal, now }) =>
    documentationOf(await getCard(db, { model: params.id, reader: principal }, now), now),
}
