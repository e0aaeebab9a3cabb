/** The policies with the live market's own rules in them, so that what is simulated is what runs. */
import { chooseVictims, inOrderOfGivingWay } from '#modules/market/index.ts'
import { ablationsBy, policiesBy } from './policies/catalog.ts'

const RULES = { chooseVictims, inOrderOfGivingWay }

/** The ten of the reference, P0 to P9. */
export const POLICIES = policiesBy(RULES)
/** What a part is worth: the same without it. */
export const ABLATIONS = ablationsBy(RULES)
