/** What tokens of a model cost, as a fleet file says it: in all, by class, and in service tiers. */
import { z } from 'zod'

export const amount = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z
    .string('write an amount such as 0.90')
    .regex(/^\d{1,12}(\.\d{1,12})?$/, 'write a plain amount that is not negative, such as 0.90'),
)

/** Of a tier that has prices of its own. */
const tierPrices = z.strictObject({ input: amount, output: amount })

export const tokenPrices = z.strictObject({
  input: amount,
  output: amount,
  cachedInput: amount.optional(),
  cacheWrite: amount.optional(),
  reasoning: amount.optional(),
  cachedResponse: amount.optional(),
  flex: tierPrices.optional(),
  priority: tierPrices.optional(),
})
