/** What is typed into the forms of quotas, and the request that it stands for. */
import { Tier } from '@spillway/contract'

export interface QuotaDraft {
  /** Nothing, `pool:NAME` or `accelerator:NAME`. */
  where: string
  tier: string
  gpus: string
}

export const EMPTY_QUOTA: QuotaDraft = { where: '', tier: '', gpus: '' }

/** Not a number stays one, so that the contract says so. */
export function wholeGpus(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

export function toScope({ where, tier }: QuotaDraft) {
  const known = Tier.safeParse(tier)
  const name = where.slice(where.indexOf(':') + 1)
  return {
    ...(where.startsWith('pool:') ? { pool: name } : {}),
    ...(where.startsWith('accelerator:') ? { accelerator: name } : {}),
    ...(known.success ? { tier: known.data } : {}),
  }
}

/** Nothing typed is all projects together. */
export function toProject(projectId: string) {
  const typed = projectId.trim()
  return typed === '' ? {} : { projectId: typed }
}
