/**
 * Declares servers of somebody else that answer for models. Their credentials are sealed here, and opened only by the
 * gateway that sends them. Whether an address may be asked is looked at here, and again at every connection.
 */
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Money, money } from '#kernel/money.ts'
import { findModel, retireModel } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Call } from '#platform/http/handler.ts'
import { parseTarget } from '#platform/outbound/target.ts'
import { openText, sealText } from '#platform/sealed-text.ts'
import { declareModel } from './model-service.ts'
import { listDeployments } from './store.ts'
import * as store from './upstream-store.ts'

export interface UpstreamDeps {
  readonly ids: IdSource
  readonly pepper: string
}

type CreateBody = Call<'createUpstream'>['body']
type Change = Call<'updateUpstream'>['body']

const PURPOSE = 'upstream credential'

const seal = (credential: string, pepper: string) =>
  sealText(credential, { pepper, purpose: PURPOSE })

export function openUpstreamCredential(sealed: string, pepper: string): string {
  return openText(sealed, { pepper, purpose: PURPOSE })
}

/**
 * The operator may have servers in its own networks, and says so of each; what no request is for stays out of reach. What
 * a name leads to is looked at when it is asked. Throws `upstream.address_refused`.
 */
export function parseAddress(text: string, isPrivateAllowed: boolean): string {
  const target = parseTarget(text, { isPrivateAllowed })
  if (target.kind === 'refused') {
    const isOnlyPrivate = parseTarget(text, { isPrivateAllowed: true }).kind === 'allowed'
    const remedy = isOnlyPrivate ? ' Say that it may be in a private network if it is yours.' : ''
    throw new Fault('upstream.address_refused', `${target.why}${remedy}`)
  }
  target.url.search = ''
  return target.url.href.replace(/\/+$/, '')
}

function orNull(usd: string | undefined): Money | null {
  return usd === undefined ? null : money(usd)
}

async function putIntoCatalog(
  tx: Db,
  { model: name, upstreamModel, url, sell }: CreateBody,
  context: { readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  const isKnown = (await findModel(tx, name)) !== null
  if (isKnown && sell !== undefined)
    throw new Fault('upstream.model_exists', `The model ${name} has its price and context already.`)
  if (isKnown) return
  if (sell === undefined)
    throw new Fault('model.not_found', `There is no model ${name}; say for what it is sold.`)
  const { cachedInputUsd, cacheWriteUsd, reasoningUsd, cachedResponseUsd } = sell
  await declareModel(
    tx,
    {
      name,
      displayName: name,
      description: `${upstreamModel}, served at ${new URL(url).host}.`,
      publisher: 'unknown',
      licence: 'unknown',
      isToy: false,
      isEmbedding: sell.isEmbedding ?? false,
      contextTokens: sell.contextTokens,
      inputUsdPerMillionTokens: money(sell.inputUsd),
      outputUsdPerMillionTokens: money(sell.outputUsd),
      cachedResponseUsdPerMillionTokens:
        cachedResponseUsd === undefined ? undefined : money(cachedResponseUsd),
      classUsdPerMillionTokens: {
        ...(cachedInputUsd === undefined ? {} : { cachedInput: money(cachedInputUsd) }),
        ...(cacheWriteUsd === undefined ? {} : { cacheWrite: money(cacheWriteUsd) }),
        ...(reasoningUsd === undefined ? {} : { reasoning: money(reasoningUsd) }),
      },
    },
    context,
  )
}

/** Throws `upstream.address_refused`, `model.not_found`, `upstream.model_exists` and `upstream.exists`. */
export async function createUpstream(
  tx: Db,
  body: CreateBody,
  { ids, pepper, now }: UpstreamDeps & { readonly now: Date },
): Promise<store.Upstream> {
  const { allowsPrivateNetwork } = body
  const url = parseAddress(body.url, allowsPrivateNetwork)
  await putIntoCatalog(tx, body, { now, ids })
  const upstream: store.Upstream = {
    id: newId('upstream', ids),
    model: body.model,
    provider: body.provider,
    url,
    upstreamModel: body.upstreamModel,
    sealedCredential: body.credential === undefined ? null : seal(body.credential, pepper),
    region: body.region ?? null,
    dataPolicy: body.dataPolicy,
    allowsPrivateNetwork,
    inputCostUsd: orNull(body.inputCostUsd),
    outputCostUsd: orNull(body.outputCostUsd),
    createdAt: now,
  }
  if (!(await store.insertUpstream(tx, upstream)))
    throw new Fault('upstream.exists', `${url} answers for ${body.model} already.`)
  return upstream
}

async function getUpstream(tx: Db, id: string): Promise<store.Upstream> {
  const found = (await store.listUpstreams(tx)).find((each) => each.id === id)
  if (!found) throw new Fault('upstream.not_found', `There is no upstream ${id}.`)
  return found
}

/** What is left out stays. Throws `upstream.not_found` and `upstream.address_refused`. */
export async function updateUpstream(
  tx: Db,
  { id, change }: { readonly id: string; readonly change: Change },
  pepper: string,
): Promise<store.Upstream> {
  const old = await getUpstream(tx, id)
  const { credential, region = old.region, dataPolicy = old.dataPolicy } = change
  const sealed = typeof credential === 'string' ? seal(credential, pepper) : null
  const sealedCredential = credential === undefined ? old.sealedCredential : sealed
  const { allowsPrivateNetwork = old.allowsPrivateNetwork } = change
  parseAddress(old.url, allowsPrivateNetwork)
  const changed = { ...old, sealedCredential, region, dataPolicy, allowsPrivateNetwork }
  await store.updateUpstream(tx, changed)
  return changed
}

/** A model that nobody is left to answer for leaves the catalog. Throws `upstream.not_found`. */
export async function deleteUpstream(tx: Db, id: string, now: Date): Promise<void> {
  const { model } = await getUpstream(tx, id)
  await store.deleteUpstream(tx, id)
  const isServed =
    (await store.listUpstreams(tx)).some((each) => each.model === model) ||
    (await listDeployments(tx)).some((each) => each.model === model)
  if (!isServed) await retireModel(tx, model, now)
}
