/** What is looked for, as it stands in the address, and the question to the server that it is. Pure. */
import { parseGpuWish, type Tier } from '@spillway/contract'
import type { Answer, CallInput } from '../../api/client.ts'

export type Offers = Answer<'listOffers'>

export interface OfferSearch {
  readonly gpus?: string | undefined
  readonly tier?: Tier | undefined
  readonly max?: string | undefined
  readonly hours?: string | undefined
}

const HOUR_MS = 3_600_000
const AMOUNT = /^\d{1,14}(\.\d{1,12})?$/

/** What is wrong with it, by field; nothing where it can be asked. */
export function faultsOf({ gpus = '', max = '', hours = '' }: OfferSearch) {
  const faults: { gpus?: string; max?: string; hours?: string } = {}
  if (gpus !== '' && parseGpuWish(gpus) === null) faults.gpus = 'Write a number, or H100:8.'
  if (max !== '' && !AMOUNT.test(max)) faults.max = 'Write a plain amount, such as 1.20.'
  if (hours !== '' && !(Number(hours) > 0 && Number(hours) <= 8760))
    faults.hours = 'Write a number of hours, up to a year.'
  return faults
}

export function toQuery(search: OfferSearch): CallInput<'listOffers'> {
  const { gpus = '', tier, max = '', hours = '' } = search
  const wish = parseGpuWish(gpus) ?? { gpus: 1 }
  return {
    query: {
      ...wish,
      ...(tier === undefined ? {} : { tier }),
      ...(max === '' ? {} : { maxPriceUsdPerGpuHour: max }),
      ...(hours === '' ? {} : { durationMs: Math.round(Number(hours) * HOUR_MS) }),
    },
  }
}

type Offer = Offers['items'][number]

const DIFFERENCES: Readonly<Record<Offer['differs'][number], string>> = {
  pool: 'another pool',
  gpus: 'another number of GPUs',
  start: 'a later start',
  tier: 'another tier',
  price: 'above your price',
}

/** What is not as asked, and what is in the way. */
export function remarksOf({ differs, isWithinQuota, isAffordable }: Offer): readonly string[] {
  return [
    ...differs.map((each) => DIFFERENCES[each]),
    ...(isWithinQuota ? [] : ['beyond your quota']),
    ...(isAffordable ? [] : ['more than your balance can hold']),
  ]
}

/** Whether it can be bought as it stands. */
export function isOpen({ isWithinQuota, isAffordable }: Offer): boolean {
  return isWithinQuota && isAffordable
}
