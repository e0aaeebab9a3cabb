/** What is typed into the forms of quotas, and the request that it stands for. */
import { Tier } from '@spillway/contract'

export interface QuotaDraft {
  pool: string
  tier: string
  gpus: string
}

export const EMPTY_QUOTA: QuotaDraft = { pool: '', tier: '', gpus: '' }

/** Not a number stays one, so that the contract says so. */
export function wholeGpus(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

export function toScope({ pool, tier }: QuotaDraft) {
  const known = Tier.safeParse(tier)
  return {
    ...(pool === '' ? {} : { pool }),
    ...(known.success ? { tier: known.data } : {}),
  }
}
