/** What somebody fills in to plan a fleet: a base, and variants that say only what differs; and the scenario it stands for. Pure. */
import type { Pool } from '@spillway/contract'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { quoteWord } from '../leases/command-words.ts'

/** The fields as typed; empty: as the base, and in the base as the pool or the default. */
export interface VariantDraft {
  readonly name: string
  readonly policy: string
  readonly nodes: string
  readonly gpusPerNode: string
  readonly meanPercent: string
  readonly spotLoad: string
  readonly spotPrice: string
  readonly reservedGpus: string
  readonly reservedUsdPerMonth: string
}

export interface PlanDraft {
  readonly name: string
  readonly pool: string
  readonly horizonDays: string
  readonly seeds: string
  readonly base: VariantDraft
  readonly variants: readonly VariantDraft[]
}

export const AS_BASE: VariantDraft = {
  name: '',
  policy: '',
  nodes: '',
  gpusPerNode: '',
  meanPercent: '',
  spotLoad: '',
  spotPrice: '',
  reservedGpus: '',
  reservedUsdPerMonth: '',
}

export const EMPTY_PLAN: PlanDraft = {
  name: '',
  pool: '',
  horizonDays: '14',
  seeds: '5',
  base: { ...AS_BASE, name: 'base' },
  variants: [{ ...AS_BASE, name: 'busier owner', meanPercent: '75' }],
}

/** By what the server lets be simulated; the first is what runs here. */
export const POLICIES = [
  'spillway',
  'fifo',
  'yarn-cs',
  'static-10',
  'static-20',
  'static-30',
  'week-peak',
  'fgd',
  'lyra',
  'chronus',
  'gfs',
  'oracle',
] as const

interface Bounds {
  readonly isWhole?: boolean
  readonly least?: number
  readonly most?: number
}

interface Cell {
  readonly text: string
  /** Said when it is wrong: `Nodes of busier owner`. */
  readonly what: string
}

function readNumber({ text, what }: Cell, { isWhole, least = 0, most }: Bounds = {}): number {
  const value = Number(text.trim().replace(',', '.'))
  const refuse = (message: string): never => {
    throw new FormRefusal(what, `${what}: ${message}`)
  }
  if (text.trim() === '' || !Number.isFinite(value)) return refuse('write a number.')
  if (isWhole && !Number.isInteger(value)) return refuse('write a whole number.')
  if (value < least) return refuse(`at least ${least}.`)
  if (most !== undefined && value > most) return refuse(`at most ${most}.`)
  return value
}

function readAmount({ text, what }: Cell): string {
  if (!/^\d{1,14}(\.\d{1,12})?$/.test(text.trim()))
    throw new FormRefusal(what, `${what}: write a plain amount, such as 1.40.`)
  return text.trim()
}

const NODES = { isWhole: true, least: 1, most: 20_000 }

function nodesOf(draft: VariantDraft, { pool, base }: Surroundings) {
  const count = draft.nodes.trim()
  const each = draft.gpusPerNode.trim()
  if (count === '' && each === '') return {}
  const perNode = Math.max(1, pool.slotsPerNodeMax)
  const inBase = {
    nodes: base.nodes.trim() || String(Math.max(1, Math.round(pool.slotsTotal / perNode))),
    gpusPerNode: base.gpusPerNode.trim() || String(perNode),
  }
  const named = (text: string, word: string): Cell => ({ text, what: `${word} of ${draft.name}` })
  return {
    nodes: {
      count: readNumber(named(count || inBase.nodes, 'Nodes'), NODES),
      gpusPerNode: readNumber(named(each || inBase.gpusPerNode, 'GPUs per node'), {
        ...NODES,
        most: 64,
      }),
    },
  }
}

function reservedOf(draft: VariantDraft) {
  const [gpus, usd] = [draft.reservedGpus.trim(), draft.reservedUsdPerMonth.trim()]
  if (gpus === '' && usd === '') return {}
  const named = (text: string, word: string): Cell => ({ text, what: `${word} of ${draft.name}` })
  return {
    reserved: [
      {
        name: 'reserved',
        gpus: readNumber(named(gpus, 'Reserved GPUs'), { isWhole: true, least: 1 }),
        usdPerMonth: readAmount(named(usd, 'Reserved, $ a month')),
      },
    ],
  }
}

interface Surroundings {
  readonly pool: Pool
  readonly base: VariantDraft
}

function partsOf(draft: VariantDraft, surroundings: Surroundings) {
  const { policy, meanPercent, spotLoad, spotPrice } = draft
  const named = (text: string, word: string): Cell => ({ text, what: `${word} of ${draft.name}` })
  const mean = named(meanPercent, 'Owner’s mean use')
  return {
    ...(policy === '' ? {} : { policy }),
    ...nodesOf(draft, surroundings),
    ...(meanPercent.trim() === ''
      ? {}
      : { demand: { meanShare: readNumber(mean, { most: 100 }) / 100 } }),
    ...(spotLoad.trim() === ''
      ? {}
      : { spot: { load: readNumber(named(spotLoad, 'Spot demand'), { most: 50 }) } }),
    ...(spotPrice.trim() === ''
      ? {}
      : { prices: { spotUsdPerGpuHour: readAmount(named(spotPrice, 'Spot price')) } }),
    ...reservedOf(draft),
  }
}

/** The scenario a plan stands for. Throws a `FormRefusal` where there is none. */
export function toScenario(draft: PlanDraft, pool: Pool): object {
  const surroundings = { pool, base: draft.base }
  const plain = (text: string, what: string): Cell => ({ text, what })
  if (draft.name.trim() === '') throw new FormRefusal('Name', 'Name: this is needed.')
  return {
    name: draft.name.trim(),
    pool: pool.name,
    horizonDays: readNumber(plain(draft.horizonDays, 'Days'), {
      isWhole: true,
      least: 1,
      most: 92,
    }),
    seeds: readNumber(plain(draft.seeds, 'Seeds'), { isWhole: true, least: 1, most: 30 }),
    ...partsOf(draft.base, surroundings),
    variants: draft.variants.map((variant) => {
      const name = variant.name.trim()
      if (name === '') throw new FormRefusal('Name', 'Every variant needs a name.')
      return { name, ...partsOf(variant, surroundings) }
    }),
  }
}

export function renderScenario(scenario: object): string {
  return JSON.stringify(scenario, null, 2)
}

/** The same on a command line: the scenario as a file, and the command that runs it. */
export function renderPlanCli(scenario: string): string {
  return `cat > plan.json <<'END'\n${scenario}\nEND\nnpx spillway simulate ${quoteWord('plan.json')}`
}
