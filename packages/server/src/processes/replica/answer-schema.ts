/**
 * A schema that an answer has to fit, as llama.cpp's grammars can hold it. Pure. What they cannot hold is refused by
 * name: an answer that only looks as if it were checked would be worse than none.
 */
import { invalid } from './refusal.ts'

export type Schema = Readonly<Record<string, unknown>>

/** Keywords that only describe. Every property is made, so that those that are required are always there. */
const SAID = new Set(['description', 'title', '$schema', 'default', 'examples', 'required'])
/** Kept as they are. */
const HELD = new Set(['minLength', 'maxLength', 'minItems', 'maxItems'])
const FORMATS: readonly unknown[] = ['date-time', 'time', 'date']
const TYPES: readonly unknown[] = ['string', 'number', 'integer', 'boolean', 'null']
/** A grammar grows with them. */
const COUNT_MAX = 256
const DEPTH_MAX = 24
const LENGTH_MAX = 32_768

const refuse = (at: string, what: string): never => {
  throw invalid(`A schema here cannot have ${what} (at '${at}').`, 'response_format')
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Place {
  readonly at: string
  readonly depth: number
  /** What `$ref` may name. */
  readonly named: readonly string[]
}

const below = ({ at, depth, named }: Place, name: string): Place => ({
  at: `${at}/${name}`,
  depth: depth + 1,
  named,
})

function holdMany(schemas: unknown, place: Place): readonly Schema[] {
  if (!Array.isArray(schemas)) return refuse(place.at, 'this')
  return schemas.map((each, index) => holdSchema(each, below(place, String(index))))
}

function holdNamed(schemas: unknown, place: Place): Schema {
  if (!isObject(schemas)) return refuse(place.at, 'this')
  const held = Object.entries(schemas).map(([name, each]) => [
    name,
    holdSchema(each, below(place, name)),
  ])
  return Object.fromEntries(held) as Schema
}

/** Several types at once only where none of them has parts of its own. */
function holdType(type: unknown, { at }: Place): unknown {
  if (type === 'object' || type === 'array' || TYPES.includes(type)) return type
  const isSimple = Array.isArray(type) && type.every((each) => TYPES.includes(each))
  return isSimple ? type : refuse(at, `the type ${JSON.stringify(type)}`)
}

function holdValue(value: unknown, { at }: Place): unknown {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  const isSimple = values.every((each) => each === null || typeof each !== 'object')
  return isSimple && values.length > 0 ? value : refuse(at, 'values with parts, or none')
}

function holdKeyword(
  name: string,
  value: unknown,
  place: Place,
): readonly [string, unknown] | null {
  const { at } = place
  if (SAID.has(name)) return null
  if (typeof value === 'number' && /^m(in|ax)(Items|Length)$/.test(name) && value > COUNT_MAX)
    return refuse(at, `'${name}' above ${COUNT_MAX}`)
  if (HELD.has(name)) return [name, value]
  if (name === 'const' || name === 'enum') return [name, holdValue(value, place)]
  if (name === '$ref' && place.named.includes(String(value))) return [name, value]
  if (name === 'type') return [name, holdType(value, place)]
  if (name === 'format' && FORMATS.includes(value)) return [name, value]
  if (name === 'oneOf' || name === 'anyOf') return ['oneOf', holdMany(value, below(place, name))]
  if (name === 'prefixItems') return [name, holdMany(value, below(place, name))]
  if (name === 'properties' || (name === '$defs' && place.depth === 0))
    return [name, holdNamed(value, below(place, name))]
  if (name === 'items') return [name, holdSchema(value, below(place, name))]
  if (name === 'additionalProperties')
    return [name, typeof value === 'boolean' ? value : holdSchema(value, below(place, name))]
  // The bounds of what a double holds exactly, which schemas of whole numbers carry along.
  if ((name === 'minimum' || name === 'maximum') && Math.abs(Number(value)) >= 2 ** 53 - 1)
    return null
  return refuse(at, `'${name}'`)
}

/** The schema for a grammar. Throws `Refused`. */
export function holdAnswerSchema(schema: Schema): Schema {
  if (JSON.stringify(schema).length > LENGTH_MAX) refuse('#', `more than ${LENGTH_MAX} characters`)
  const named = isObject(schema['$defs']) ? Object.keys(schema['$defs']) : []
  return holdSchema(schema, { at: '#', depth: 0, named: named.map((name) => `#/$defs/${name}`) })
}

function holdSchema(schema: unknown, place: Place): Schema {
  if (!isObject(schema)) return refuse(place.at, 'anything but an object for a schema')
  if (place.depth > DEPTH_MAX) return refuse(place.at, 'so many levels')
  const held = Object.entries(schema)
    .map(([name, value]) => holdKeyword(name, value, place))
    .filter((entry) => entry !== null)
  const whole = Object.fromEntries(held) as Schema
  const isSaid = ['type', 'const', 'enum', 'oneOf', '$ref'].some((name) => name in whole)
  return isSaid ? whole : refuse(place.at, 'a place without a type')
}
