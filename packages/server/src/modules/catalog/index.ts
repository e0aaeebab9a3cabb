/** The catalog: SKUs, their immutable prices, and model cards. */
export type { Model } from './model.ts'
export type { PriceInForce, SetPrice } from './price.ts'
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
