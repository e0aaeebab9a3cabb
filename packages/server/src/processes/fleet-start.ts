/** Reads the fleet file, looks at the machine, and brings fleet, prices and models in the database in line with both. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { counted } from '#kernel/counted.ts'
import type { IdSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import {
  applyFleet,
  type FleetFile,
  type FleetFileFault,
  type FleetModel,
  readFleetFile,
  scalingOf,
  serverOf,
  surveyFleet,
} from '#modules/fleet/index.ts'
import { gpuSku, TIERS } from '#modules/market/index.ts'
import { declareModel, declareReplicaDeployments } from '#modules/serving/index.ts'
import { projectHolds } from '#modules/upkeep/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { errorCode } from '#platform/db/start-failure.ts'
import type { Engines, NodeInventory } from '#platform/engines/engine.ts'
import { StartRefused } from './start-refused.ts'

/** The fleet file cannot be used. The message lists every fault with its line. */
export class FleetFileRefused extends StartRefused {
  override readonly name = 'FleetFileRefused'
}

const FAULTS_SHOWN_MAX = 12

/** As short as it can be said from where the person stands. */
function showPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path
}

function refuse(path: string, faults: readonly FleetFileFault[]): never {
  const shown = showPath(path)
  const lines = faults
    .slice(0, FAULTS_SHOWN_MAX)
    .map(({ line, message }) => `  ${shown}${line === null ? '' : `:${line}`}: ${message}`)
  if (faults.length > lines.length) lines.push(`  and ${faults.length - lines.length} more`)
  const what = faults.length === 1 ? 'one fault' : `${faults.length} faults`
  throw new FleetFileRefused(
    `The fleet file has ${what}; nothing was changed.\n${lines.join('\n')}`,
  )
}

function whyUnreadable(cause: unknown): string {
  const code = errorCode(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  if (code === 'EISDIR') return 'is a folder'
  return `cannot be read (${code})`
}

/** Reads and checks the file by itself, before anything is started. */
export function loadFleetFile(
  path: string,
): Extract<ReturnType<typeof readFleetFile>, { kind: 'read' }> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new FleetFileRefused(
      `The fleet file ${showPath(path)} ${whyUnreadable(cause)}. Set SPILLWAY_FLEET to one that exists, or leave it unset for examples/laptop.yaml.`,
      { cause },
    )
  }
  const outcome = readFleetFile(text)
  if (outcome.kind === 'refused') refuse(path, outcome.faults)
  return outcome
}

export async function declarePrices(
  tx: Db,
  fleet: FleetFile,
  context: { now: Date; ids: IdSource },
): Promise<void> {
  for (const pool of fleet.sites.flatMap((site) => site.pools))
    for (const tier of TIERS) {
      const sku = gpuSku(pool.name, tier)
      await defineSku(tx, {
        name: sku,
        unit: 'gpu_ms',
        description: `${tier} GPU time on ${pool.name}`,
      })
      const price = {
        amount: money(pool.priceUsdPerGpuHour[tier]),
        per: 3_600_000n,
        unit: 'gpu_ms' as const,
      }
      await setPrice(tx, { sku, price, ...context })
    }
}

const TOY_DESCRIPTION =
  'A toy: a word-level bigram model built from texts the project wrote. It reads like language and means nothing; it is here to try the machinery with real weights, a real tokenizer and real tokens.'

function pricesOf({ input, output, ...classes }: FleetModel['priceUsdPerMillionTokens']) {
  const { cachedInput, cacheWrite, reasoning, cachedResponse, flex, priority } = classes
  return {
    tierUsdPerMillionTokens: {
      ...(flex && { flex: { input: money(flex.input), output: money(flex.output) } }),
      ...(priority && {
        priority: { input: money(priority.input), output: money(priority.output) },
      }),
    },
    inputUsdPerMillionTokens: money(input),
    outputUsdPerMillionTokens: money(output),
    cachedResponseUsdPerMillionTokens:
      cachedResponse === undefined ? undefined : money(cachedResponse),
    classUsdPerMillionTokens: {
      ...(cachedInput === undefined ? {} : { cachedInput: money(cachedInput) }),
      ...(cacheWrite === undefined ? {} : { cacheWrite: money(cacheWrite) }),
      ...(reasoning === undefined ? {} : { reasoning: money(reasoning) }),
    },
  }
}

/** The catalog card of a model of the fleet file. Without weights it is the toy. */
export function cardOf(model: FleetModel, isToy: boolean) {
  return {
    name: model.name,
    displayName: model.displayName ?? (isToy ? 'Toy (bigram)' : model.name),
    description: isToy
      ? TOY_DESCRIPTION
      : (model.description ?? `${model.name}, from ${model.weights ?? ''}.`),
    publisher: isToy ? 'Spillway' : (model.publisher ?? 'unknown'),
    licence: isToy ? 'Apache-2.0' : (model.licence ?? 'unknown'),
    isToy,
    isEmbedding: model.embeddings,
    contextTokens: model.contextTokens,
    ...pricesOf(model.priceUsdPerMillionTokens),
  }
}

/** The fleet file, and what of it this machine really has. */
export interface SurveyedFleet {
  readonly fleet: FleetFile
  readonly survey: Extract<ReturnType<typeof surveyFleet>, { kind: 'settled' }>
  /** What the engine of each pool that answered has. */
  readonly found: ReadonlyMap<string, readonly NodeInventory[]>
  /** Pools whose engine did not answer, and why. They keep the nodes that they had. */
  readonly unanswered: readonly { readonly pool: string; readonly text: string }[]
  /** How the accelerators were found, as a sentence. */
  readonly finding: string
}

/** Asks the engines what there is, before anything is started. Throws `FleetFileRefused` when the file asks for more. */
export async function surveyMachine(
  path: string,
  { fleet, lineOf }: ReturnType<typeof loadFleetFile>,
  engines: Engines,
): Promise<SurveyedFleet> {
  const { found, unanswered } = await askEngines(engines)
  const survey = surveyFleet({ fleet, found, lineOf })
  if (survey.kind === 'refused') refuse(path, survey.faults)
  return { fleet, survey, found, unanswered, finding: describeFindings(survey) }
}

/** An engine that does not answer keeps neither the server from starting nor the other pools from working. */
async function askEngines(engines: Engines): Promise<Pick<SurveyedFleet, 'found' | 'unanswered'>> {
  const all = engines.all()
  const asked = await Promise.allSettled(all.map(({ engine }) => engine.inventory()))
  const found = new Map<string, readonly NodeInventory[]>()
  const unanswered: { pool: string; text: string }[] = []
  for (const [index, { pool }] of all.entries()) {
    const answer = asked[index]
    if (answer?.status === 'fulfilled') found.set(pool, answer.value)
    else unanswered.push({ pool, text: reasonText(answer?.reason) })
  }
  return { found, unanswered }
}

function reasonText(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}

/** One pool tells how its accelerators were found; several are counted. */
function describeFindings({ pools, nodes }: SurveyedFleet['survey']): string {
  if (pools.length === 1) return pools[0]?.finding ?? ''
  const slots = nodes.reduce((sum, node) => sum + node.slotCount, 0)
  return `${counted(pools.length, 'pool')} with ${counted(nodes.length, 'node')} and ${counted(slots, 'slot')}`
}

interface Deps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
}

export interface FleetStart {
  /** How the accelerators were found, as a sentence. */
  readonly finding: string
  readonly slotCount: number
  /** Nodes that ought to change and are in use. */
  readonly kept: readonly string[]
  /** What the operator ought to know of how customers are kept apart. */
  readonly warnings: readonly string[]
}

function warnOfIsolation({ pool, isolation }: SurveyedFleet['survey']['pools'][number]): string[] {
  if (isolation.kind === 'owner_only')
    return [`Customers may not lease on ${pool}: ${isolation.text}.`]
  if (isolation.kind !== 'none') return []
  return [
    `NO ISOLATION on ${pool}: commands of customers run as this user and see all that it sees. Lease only to people you trust, or write isolation: auto in the fleet file.`,
  ]
}

/** Saves fleet, prices, models and deployments in one transaction. */
export async function startFleet(
  { fleet, survey, found, finding }: SurveyedFleet,
  deps: Deps,
): Promise<FleetStart> {
  const kept = await inTransaction(deps.database, async (tx) => {
    const context = { now: deps.now(), ids: deps.ids }
    const claimedNodeIds = new Set(
      (await listOpenClaims(tx)).flatMap(({ leaseId, nodeId }) =>
        leaseId === null ? [] : [nodeId],
      ),
    )
    const keptNodes = await applyFleet(tx, { fleet, survey, found, claimedNodeIds, ...context })
    await projectHolds(tx, context)
    await declarePrices(tx, fleet, context)
    for (const model of fleet.models)
      await declareModel(tx, cardOf(model, model.weights === undefined), context)
    const deployments = fleet.models.map((model) => ({
      model: model.name,
      pool: model.pool,
      terms: scalingOf(model),
      weights: model.weights ?? null,
      server: serverOf(model),
    }))
    await declareReplicaDeployments(tx, deployments, context)
    return keptNodes
  })
  return {
    finding,
    slotCount: survey.nodes.reduce((sum, node) => sum + node.slotCount, 0),
    kept,
    warnings: survey.pools.flatMap(warnOfIsolation),
  }
}
