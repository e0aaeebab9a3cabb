/**
 * Renders the contract's zod schemas as JSON Schema 2020-12, with every exported schema as a component of its own
 * name. Knows nothing of paths or operations.
 */
import { z } from 'zod'
import * as apiKeys from './api-keys.ts'
import * as benchmarks from './benchmarks.ts'
import * as clearings from './clearings.ts'
import * as fleet from './fleet.ts'
import * as leases from './leases.ts'
import * as models from './models.ts'
import * as money from './money.ts'
import * as offers from './offers.ts'
import * as orders from './orders.ts'
import * as organizations from './organizations.ts'
import * as pools from './pools.ts'
import * as primitives from './primitives.ts'
import * as problem from './problem.ts'
import * as quotas from './quotas.ts'
import * as reclaims from './reclaims.ts'
import * as session from './session.ts'
import * as system from './system.ts'
import * as webhooks from './webhooks.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** A field of a parameter object. */
export interface Field {
  readonly name: string
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

const NOUNS = [
  primitives,
  problem,
  session,
  organizations,
  apiKeys,
  pools,
  fleet,
  leases,
  offers,
  quotas,
  orders,
  clearings,
  benchmarks,
  reclaims,
  models,
  money,
  system,
  webhooks,
]

function exportedNames(): Map<z.core.$ZodType, string> {
  const exported = NOUNS.flatMap((each) => Object.entries<unknown>({ ...each }))
  return new Map(
    exported.flatMap(([name, value]): [z.core.$ZodType, string][] =>
      value instanceof z.ZodType && name !== 'Nothing' ? [[value, name]] : [],
    ),
  )
}

/** The schemas' own descriptions, with the exported name as id. */
class NamedSchemas extends z.core.$ZodRegistry<Record<string, unknown>> {
  readonly #names = exportedNames()

  override get(schema: z.core.$ZodType): Record<string, unknown> | undefined {
    const own = z.globalRegistry.get(schema)
    const id = this.#names.get(schema)
    return id === undefined ? own : { ...own, id }
  }
}

type Rendered = z.core.JSONSchema.BaseSchema

/** Leaves out what only repeats a format, and keeps replies open to fields that come later. */
function simplify({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes
  jsonSchema: Rendered
}): void {
  const isOpenObject = zodSchema._zod.def.type === 'object' && !zodSchema._zod.def.catchall
  if (isOpenObject) delete jsonSchema.additionalProperties
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  delete jsonSchema['id']
}

/** Renders schemas one after another and remembers the components that they refer to. */
export class SchemaRenderer {
  readonly #components = new Map<string, JsonSchema>()
  readonly #registry = new NamedSchemas()

  /** As a reference when the schema is an exported one. */
  render(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const options = { io, metadata: this.#registry, override: simplify } as const
    const whole = z.toJSONSchema(z.object({ it: schema }), options)
    const { properties, $defs } = refersToComponents(whole)
    for (const [name, component] of Object.entries($defs ?? {}))
      this.#components.set(name, component)
    return properties?.['it'] as JsonSchema
  }

  /** The fields of an object schema, as a caller sends them. */
  renderFields(schema: z.ZodType): Field[] {
    const whole: Rendered = this.render(schema, 'input')
    const fields = (whole.properties ?? {}) as Record<string, Rendered>
    return Object.entries(fields).map(([name, { description, ...rest }]) => ({
      name,
      required: whole.required?.includes(name) ?? false,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }))
  }

  /** Every component seen so far, by name. */
  components(): Readonly<Record<string, JsonSchema>> {
    const sorted = [...this.#components].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted)
  }
}

function refersToComponents(schema: Rendered): Rendered {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')
  return JSON.parse(text) as Rendered
}
