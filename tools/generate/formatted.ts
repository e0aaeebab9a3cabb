/** Generated code goes through the formatter, so that it passes the same check as written code. */
import { readFileSync } from 'node:fs'
import { format, type FormatConfig } from 'oxfmt'

const SETTINGS = new URL('../../.oxfmtrc.json', import.meta.url)

export async function renderFormatted(name: string, text: string): Promise<string> {
  const { code, errors } = await format(name, text, readSettings())
  if (errors.length > 0) throw new Error(`${name} cannot be formatted: ${errors[0]?.message}`)
  return code
}

function readSettings(): FormatConfig {
  const settings = JSON.parse(readFileSync(SETTINGS, 'utf8')) as Record<string, unknown>
  const { $schema: _, ignorePatterns: __, ...options } = settings
  return options
}
