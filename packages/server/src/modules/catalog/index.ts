/** The catalog: SKUs, their immutable prices, models with their cards, aliases, access and retirements. */
export { readAccess, type Reader } from './access-service.ts'
export { listAccessRules } from './access-store.ts'
export { listAliases } from './alias-store.ts'
export { type CardVersion, listCardVersions, listCurrentCards } from './card-store.ts'
export type { Model } from './model.ts'
export { moveAliases, setCard } from './name-service.ts'
export type { PriceInForce, SetPrice } from './price.ts'
export { listRetirements, lockRetirements, saveTold } from './retirement-store.ts'
export { type Retirement, tellingOf } from './retirement.ts'
export { type CatalogRouteDeps, catalogRoutes, renderRetirement } from './routes.ts'
export {
  findModel,
  listModels,
  listSkus,
  retireModel,
  upsertModel as defineModel,
  type Sku,
} from './store.ts'
export { defineSku, getPriceInForce, listPrices, listPricesInForce, setPrice } from './service.ts'
export { listPriceChanges } from './store.ts'
