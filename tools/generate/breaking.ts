/**
 * What a change of openapi.json takes away from callers: addresses, operations, fields of replies, or freedom in
 * requests. Conservative and shallow on combinators; it lists, and a person decides.
 */

type Json = Readonly<Record<string, unknown>>

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly enum?: readonly string[]
}

interface Parameter {
  readonly name?: string
  readonly required?: boolean
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

/** One line a break, from what was to what is. */
export function listBreaks(before: Json, after: Json): string[] {
  const [old, now] = [before['paths'] as Paths, after['paths'] as Paths]
  return Object.entries(old).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`
      const next = now[path]?.[method]
      if (!next) return [`${name}: removed`]
      return [
        ...compareParameters(operation, next),
        ...compareBodies(new Comparison(before, after), operation, next),
      ].map((line) => `${name}: ${line}`)
    }),
  )
}

function compareParameters(old: Operation, now: Operation): string[] {
  const before = new Map((old.parameters ?? []).map((each) => [each.name, each]))
  const after = new Map((now.parameters ?? []).map((each) => [each.name, each]))
  const removed = [...before.keys()]
    .filter((name) => !after.has(name))
    .map((name) => `parameter ${name} removed`)
  const demanded = [...after.values()]
    .filter(({ name, required }) => required && !before.get(name)?.required)
    .map(({ name }) => `parameter ${name} is now required`)
  return [...removed, ...demanded]
}

function compareBodies(comparison: Comparison, old: Operation, now: Operation): string[] {
  const body = comparison.compare(schemaOf(old.requestBody), schemaOf(now.requestBody), {
    at: 'body',
    direction: 'request',
  })
  const replies = Object.entries(old.responses).flatMap(([status, response]) => {
    if (Number(status) >= 400) return []
    const next = now.responses[status]
    if (!next) return [`status ${status} removed`]
    return comparison.compare(schemaOf(response), schemaOf(next), {
      at: 'reply',
      direction: 'reply',
    })
  })
  return [...body, ...replies]
}

function schemaOf(content: Content | undefined): Schema | undefined {
  return Object.values(content?.content ?? {})[0]?.schema
}

interface Place {
  readonly at: string
  readonly direction: 'request' | 'reply'
}

/** Compares schemas of two documents, following references; each pair of references is followed once. */
class Comparison {
  readonly #before: Json
  readonly #after: Json
  readonly #seen = new Set<string>()

  constructor(before: Json, after: Json) {
    this.#before = before
    this.#after = after
  }

  compare(old: Schema | undefined, now: Schema | undefined, place: Place): string[] {
    if (!old) return now?.required?.length ? [`${place.at} is now required`] : []
    if (!now) return [`${place.at} removed`]
    if (old.$ref !== undefined && old.$ref === now.$ref) {
      const key = `${place.direction} ${old.$ref}`
      if (this.#seen.has(key)) return []
      this.#seen.add(key)
    }
    const [a, b] = [follow(old, this.#before), follow(now, this.#after)]
    if (JSON.stringify(a.type) !== JSON.stringify(b.type))
      return [`${place.at} changed from ${String(a.type)} to ${String(b.type)}`]
    return [
      ...compareEnums(a, b, place),
      ...this.#compareProperties(a, b, place),
      ...(a.items ? this.compare(a.items, b.items, { ...place, at: `${place.at}[]` }) : []),
    ]
  }

  #compareProperties(old: Schema, now: Schema, place: Place): string[] {
    const fields = Object.entries(old.properties ?? {}).flatMap(([name, schema]) =>
      this.compare(schema, now.properties?.[name], { ...place, at: `${place.at}.${name}` }),
    )
    const [strict, loose] = place.direction === 'request' ? [now, old] : [old, now]
    const demands = (strict.required ?? [])
      .filter((name) => !loose.required?.includes(name) && now.properties?.[name])
      .map((name) =>
        place.direction === 'request'
          ? `${place.at}.${name} is now required`
          : `${place.at}.${name} may now be absent`,
      )
    return [...fields, ...demands]
  }
}

/** A caller may send every old value, and may have handled only the old ones in a reply. */
function compareEnums(old: Schema, now: Schema, { at, direction }: Place): string[] {
  const [wide, narrow] = direction === 'request' ? [old, now] : [now, old]
  if (!wide.enum || !narrow.enum) return []
  const word = direction === 'request' ? 'no longer takes' : 'may now be'
  return wide.enum
    .filter((value) => !narrow.enum?.includes(value))
    .map((value) => `${at} ${word} ${value}`)
}

function follow(schema: Schema, document: Json): Schema {
  if (schema.$ref === undefined) return schema
  const keys = schema.$ref.replace('#/', '').split('/')
  return keys.reduce<unknown>((at, key) => (at as Json | undefined)?.[key], document) as Schema
}
