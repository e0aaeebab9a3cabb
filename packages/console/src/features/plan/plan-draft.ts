/** What somebody fills in to plan a fleet: a base, and variants that say only what differs; and the scenario it stands for. Pure. */
import type { Pool } from '@spillway/contract'
import { quoteWord } from '../leases/command-words.ts'
import { entryField, GROUPS, type ListGroup, LISTS, type PlanField } from './plan-fields.ts'
import { readValue, type Value, ValueRefusal } from './plan-values.ts'

/** The fields as typed, by their path; empty or absent: as the base, and in the base as the pool or the default. */
export interface VariantDraft {
  readonly name: string
  readonly values: Readonly<Record<string, string>>
}

export interface PlanDraft {
  readonly name: string
  /** Names; none: the first. */
  readonly pools: readonly string[]
  readonly horizonDays: string
  readonly seeds: string
  readonly base: VariantDraft
  readonly variants: readonly VariantDraft[]
  /** Names of files that go with it; their texts are sent beside the scenario. */
  readonly fleet: string | null
  readonly trace: string | null
  /** Of the fleet file, as typed: `h200, a100`; empty: its first. */
  readonly fleetPools: string
  readonly partOfGpu: string
  /** How many entries of each list have rows. */
  readonly entries: Readonly<Record<string, number>>
}

export const EMPTY_PLAN: PlanDraft = {
  name: '',
  pools: [],
  horizonDays: '14',
  seeds: '5',
  base: { name: 'base', values: {} },
  variants: [{ name: 'busier owner', values: { 'demand.meanShare': '75' } }],
  fleet: null,
  trace: null,
  fleetPools: '',
  partOfGpu: 'refuse',
  entries: { reserved: 1, tokens: 1 },
}

/** What is wrong, by the key of its field: see `cellKey`. */
export type PlanErrors = ReadonlyMap<string, string>

/** Of the base and its variants, counted from 0 for the base. */
export function cellKey(variant: number, path: string): string {
  return variant === 0 ? path : `variants.${variant - 1}.${path}`
}

export interface PlanReading {
  /** The scenario as far as it makes sense; of use where there are no errors. */
  readonly scenario: object
  readonly errors: PlanErrors
}

interface Tree {
  [key: string]: Value | Tree | readonly Tree[]
}

function setAt(tree: Tree, path: string, value: Value): void {
  const names = path.split('.')
  const last = names.pop() ?? path
  let at = tree
  for (const name of names) {
    const below = at[name]
    const next = typeof below === 'object' && !Array.isArray(below) ? (below as Tree) : {}
    at[name] = next
    at = next
  }
  at[last] = value
}

/** Values of which the scenario wants all or none. */
const TOGETHER: readonly (readonly string[])[] = [
  ['nodes.count', 'nodes.gpusPerNode'],
  ['spot.limits.lowPart', 'spot.limits.highPart'],
]

class Reader {
  readonly errors = new Map<string, string>()
  readonly #draft: PlanDraft
  readonly #pool: Pool | null

  constructor(draft: PlanDraft, pool: Pool | null) {
    this.#draft = draft
    this.#pool = pool
  }

  read(key: string, text: string, field: Omit<PlanField, 'usual'>): Value | null {
    try {
      return readValue(text, field)
    } catch (error) {
      if (!(error instanceof ValueRefusal)) throw error
      this.errors.set(key, error.message)
      return null
    }
  }

  /** What is typed, else what the base says, else what is usual: for values that only come together. */
  #inForce({ values }: VariantDraft, field: PlanField): string {
    const typed = values[field.id]?.trim() || this.#draft.base.values[field.id]?.trim()
    return typed || field.usual(this.#pool)
  }

  variant(draft: VariantDraft, at: number): Tree {
    const tree: Tree = {}
    const said = (id: string): boolean => (draft.values[id]?.trim() ?? '') !== ''
    for (const field of GROUPS.flatMap(({ fields }) => fields)) {
      const mates = TOGETHER.find((ids) => ids.includes(field.id)) ?? [field.id]
      if (!mates.some(said)) continue
      const value = this.read(cellKey(at, field.id), this.#inForce(draft, field), field)
      if (value !== null) setAt(tree, field.id, value)
    }
    this.#checkLimits(tree, at)
    for (const group of LISTS) {
      const list = this.#list(group, draft, at)
      if (list) tree[group.id] = list
    }
    return tree
  }

  #checkLimits(tree: Tree, at: number): void {
    const limits = (tree['spot'] as Tree | undefined)?.['limits'] as Tree | undefined
    if (limits && Number(limits['lowPart']) > Number(limits['highPart']))
      this.errors.set(cellKey(at, 'spot.limits.lowPart'), 'It must not be above the highest.')
  }

  /** All entries of a list, where the variant says anything of one: a list in a scenario replaces that of the base. */
  #list(group: ListGroup, draft: VariantDraft, at: number): readonly Tree[] | null {
    const prefix = `${group.id}.`
    const isSaid = Object.entries(draft.values).some(
      ([id, text]) => id.startsWith(prefix) && text.trim() !== '',
    )
    if (!isSaid) return null
    const count = this.#draft.entries[group.id] ?? 0
    return Array.from({ length: count }, (_, entry) =>
      this.#entry(group, draft, { at, entry }),
    ).filter((made) => made !== null)
  }

  #entry(
    group: ListGroup,
    draft: VariantDraft,
    { at, entry }: { readonly at: number; readonly entry: number },
  ): Tree | null {
    const idOf = (id: string): string => `${group.id}.${entry}.${id}`
    const textOf = (id: string): string =>
      draft.values[idOf(id)]?.trim() || this.#draft.base.values[idOf(id)]?.trim() || ''
    if (group.fields.every(({ id }) => textOf(id) === '')) return null
    if (Number(textOf(group.amountId) || Number.NaN) === 0) return null
    const tree: Tree = {}
    for (const listed of group.fields) {
      const text = textOf(listed.id) || (listed.usual ?? '')
      const field = entryField(group, entry, listed)
      if (text === '' && listed.usual !== null) continue
      const key = cellKey(at, field.id)
      if (text === '') this.errors.set(key, 'This is needed.')
      const value = text === '' ? null : this.read(key, text, field)
      if (value !== null) tree[listed.id] = value
    }
    return tree
  }
}

const DAYS = {
  id: 'horizonDays',
  label: 'Horizon',
  unit: 'days',
  kind: 'whole',
  least: 1,
  most: 92,
} as const
const SEEDS = { id: 'seeds', label: 'Seeds', unit: '', kind: 'whole', least: 1, most: 30 } as const

function checkNames({ name, variants }: PlanDraft, errors: Map<string, string>): void {
  if (name.trim() === '') errors.set('name', 'This is needed.')
  const names = ['base', ...variants.map((each) => each.name.trim())]
  for (const [at, each] of names.entries()) {
    if (each === '') errors.set(cellKey(at, 'name'), 'Every variant needs a name.')
    else if (names.indexOf(each) !== at)
      errors.set(cellKey(at, 'name'), 'Another variant has this name.')
  }
}

function poolNames(names: readonly string[]) {
  const [first, ...others] = names
  if (first === undefined) return {}
  return others.length > 0 ? { pools: names } : { pool: first }
}

function filesOf({ fleet, trace, partOfGpu }: PlanDraft) {
  return {
    ...(fleet === null ? {} : { fleet }),
    ...(trace === null ? {} : { trace, partOfGpu }),
  }
}

/** The scenario a plan stands for, with everything that is wrong at its field. */
export function readPlan(draft: PlanDraft, pools: readonly [Pool, ...Pool[]]): PlanReading {
  const names =
    draft.fleet === null
      ? pools.map(({ name }) => name)
      : draft.fleetPools.split(',').flatMap((name) => name.trim() || [])
  const reader = new Reader(draft, draft.fleet === null ? pools[0] : null)
  const { errors } = reader
  checkNames(draft, errors)
  const scenario = {
    name: draft.name.trim(),
    ...filesOf(draft),
    ...poolNames(names),
    horizonDays: reader.read('horizonDays', draft.horizonDays, DAYS),
    seeds: reader.read('seeds', draft.seeds, SEEDS),
    ...reader.variant(draft.base, 0),
    variants: draft.variants.map((variant, index) => ({
      name: variant.name.trim(),
      ...reader.variant(variant, index + 1),
    })),
  }
  return { scenario, errors }
}

const SCENARIO_FIELD = /^body\.scenario\.?/

/** What the server found wrong, at the fields it named. */
export function errorsOfServer(
  messages: readonly { readonly field: string; readonly message: string }[],
): PlanErrors {
  return new Map(messages.map(({ field, message }) => [field.replace(SCENARIO_FIELD, ''), message]))
}

export function renderScenario(scenario: object): string {
  return JSON.stringify(scenario, null, 2)
}

/** The same on a command line: the scenario as a file, and the command that runs it. */
export function renderPlanCli(scenario: string): string {
  return `cat > plan.json <<'END'\n${scenario}\nEND\nnpx spillway simulate ${quoteWord('plan.json')}`
}
