/** Routes, servers and wishes for tests, with whatever a test does not say left plain. */
import { money } from '#kernel/money.ts'
import type { Wish } from '../route-choice.ts'
import type { Route, Target } from '../route.ts'

export function aTarget(id: string, parts: Partial<Target> = {}): Target {
  return {
    ...{ id, url: `http://${id}`, upstreamModel: 'm', kind: 'replica', provider: 'openai' },
    ...{ sealedCredential: null, region: null, dataPolicy: 'unknown', providerName: 'own' },
    ...{ pool: null, cost: null },
    ...parts,
  }
}

export function aRoute(parts: Partial<Route> = {}): Route {
  const price = (usd: string) => ({ amount: money(usd), per: 1_000_000n, unit: 'token' as const })
  return {
    ...{ model: 'm', contextTokens: 1000, isToy: false, stateText: '', isWakeable: false },
    ...{ inputSku: 'in', inputPriceId: 'p1', inputPrice: price('1') },
    ...{ outputSku: 'out', outputPriceId: 'p2', outputPrice: price('2') },
    ...{ targets: [], coldStartMs: null, ours: null, policy: null },
    ...parts,
  }
}

export function aWish({
  facts,
  ...parts
}: Partial<Omit<Wish, 'facts'>> & { readonly facts?: Partial<Wish['facts']> }): Wish {
  return {
    kind: 'wish',
    facts: {
      ...{ organizationId: 'org_a', projectId: 'prj_a', tags: [], inputTokens: 10 },
      ...{ isStream: true, needs: { tools: false, images: false }, hourUtc: 12, prefix: null },
      ...facts,
    },
    ...{ constraints: [], said: [], preference: null, document: null, attemptsMax: 3 },
    ...parts,
  }
}
