/** Reads all that is known of models, for whoever asks: what a project is kept from by the operator is not there. */
import type { ModelCard, ModelMeasure } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import {
  listAliases,
  listCurrentCards,
  listModels,
  listPricesInForce,
  listRetirements,
  listSkus,
  readAccess,
  type Reader,
  renderRetirement,
} from '#modules/catalog/index.ts'
import { BOUNDS_S, type Route } from '#modules/gateway/index.ts'
import { loadRouting } from '#modules/routing/index.ts'
import type { Db } from '#platform/db/database.ts'
import { assembleCard, pricesOf, type SkuPrice } from './card-service.ts'
import { listMeasures } from './measure-store.ts'
import { addUp, figuresOf, type MeasuredHour } from './measure.ts'

const HOUR_MS = 3_600_000
/** A card shows what was measured in the hour that runs and the day before it. */
const MEASURED_MS = 24 * HOUR_MS

const hourOf = (at: Date) => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS)

async function readBook(db: Db, now: Date): Promise<readonly SkuPrice[]> {
  const skus = (await listSkus(db)).filter(({ name }) => name.startsWith('tokens.'))
  const names = skus.map(({ name }) => name)
  const prices = await listPricesInForce(db, names, now)
  return [...prices].map(([sku, { price }]) => ({ sku, price }))
}

function measureOf(
  hours: readonly MeasuredHour[],
  { from, to }: { readonly from: Date; readonly to: Date },
): ModelMeasure | null {
  if (hours.length === 0) return null
  const figures = figuresOf(addUp(hours), BOUNDS_S)
  return { from: from.toISOString(), to: to.toISOString(), ...figures }
}

/** Where a model may be answered: its servers, and a replica of ours while it sleeps. */
function serversOf(route: Route | undefined): ModelCard['servers'] {
  if (route === undefined) return []
  const targets = route.ours === null ? route.targets : [...route.targets, route.ours]
  return targets.map(({ kind, providerName, region, dataPolicy }) => ({
    ...{ kind, provider: providerName, region, dataPolicy },
  }))
}

export async function listCards(db: Db, reader: Reader, now: Date): Promise<ModelCard[]> {
  const { isKnown, isAllowed } = await readAccess(db, reader)
  const models = await listModels(db)
  const names = models.map(({ name }) => name)
  const book = await readBook(db, now)
  const routes = new Map((await loadRouting(db, now)).routes.map((each) => [each.model, each]))
  const declared = new Map((await listCurrentCards(db)).map((each) => [each.model, each]))
  const retirements = new Map((await listRetirements(db)).map((each) => [each.model, each]))
  const aliases = await listAliases(db)
  const from = new Date(hourOf(now).getTime() - MEASURED_MS)
  const hours = Map.groupBy(await listMeasures(db, from), ({ model }) => model)
  return models
    .filter(({ name }) => isKnown(name))
    .map(({ name, ...model }) => {
      const {
        version = 0,
        setAt = null,
        document = { documentation: {} },
      } = declared.get(name) ?? {}
      const retirement = retirements.get(name)
      return assembleCard({
        model: { model: name, ...model },
        declared: { version, setAt, document },
        servers: serversOf(routes.get(name)),
        prices: pricesOf(name, { book, models: names }),
        measured: measureOf(hours.get(name) ?? [], { from, to: now }),
        retirement: retirement === undefined ? null : renderRetirement(retirement, now),
        aliases: aliases.filter((each) => each.model === name).map(({ alias }) => alias),
        isAllowed: isAllowed(name),
      })
    })
}

/** Throws `model.not_found`. */
export async function getCard(
  db: Db,
  { model, reader }: { readonly model: string; readonly reader: Reader },
  now: Date,
): Promise<ModelCard> {
  const found = (await listCards(db, reader, now)).find((each) => each.model === model)
  if (found === undefined) throw new Fault('model.not_found', `There is no model ${model}.`)
  return found
}

/** One entry for each hour in which something was measured. Throws `model.not_found`. */
export async function listHours(
  db: Db,
  {
    model,
    reader,
    hours,
  }: { readonly model: string; readonly reader: Reader; readonly hours: number },
  now: Date,
): Promise<ModelMeasure[]> {
  await getCard(db, { model, reader }, now)
  const from = new Date(hourOf(now).getTime() - (hours - 1) * HOUR_MS)
  return (await listMeasures(db, from, model)).flatMap((each) => {
    const to = new Date(Math.min(each.hour.getTime() + HOUR_MS, now.getTime()))
    return measureOf([each], { from: each.hour, to }) ?? []
  })
}
