/** Holds answers to a JSON Schema. Its patterns are RE2's, so that no schema makes a text take long. */
import { Ajv } from 'ajv'
import { RE2JS } from 're2js'
import type { Validator } from './guards.ts'

const regExp = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern)
    return { test: (text: string) => compiled.matcher(text).find() }
  },
  { code: 'makeLinearPattern' },
)

/** Throws where the schema is none. */
export function makeValidator(schema: Readonly<Record<string, unknown>>): Validator {
  // References lead nowhere outside the schema itself: there is no loader.
  const ajv = new Ajv({ code: { regExp }, strict: false, validateFormats: false })
  const isValid = ajv.compile(schema)
  return (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return 'is not JSON'
    }
    return isValid(value) ? null : ajv.errorsText(isValid.errors, { dataVar: 'answer' })
  }
}
