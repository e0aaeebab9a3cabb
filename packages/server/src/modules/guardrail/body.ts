/** The texts within a request's body, of any dialect: every string but those that are names, addresses or bytes. */

type Json = Readonly<Record<string, unknown>>

/** What stands under these is no text that anybody wrote. */
const NO_TEXT = new Set([
  ...['model', 'role', 'type', 'id', 'call_id', 'tool_call_id', 'tool_use_id', 'item_id'],
  ...['name', 'url', 'image_url', 'data', 'file_data', 'file_id', 'media_type', 'detail', 'format'],
  ...['signature', 'encrypted_content', 'cache_control', 'service_tier', 'encoding_format'],
  ...['reasoning_effort', 'effort', 'tool_choice', 'stream_options', 'metadata', 'user'],
])

/** Maps every text of a body. What does not change stays the same object. */
export function mapTexts(body: Json, map: (text: string) => string): Json {
  return mapObject(body, map)
}

function mapValue(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return mapArray(value, map)
  if (typeof value === 'object' && value !== null) return mapObject(value as Json, map)
  return value
}

function mapArray(values: readonly unknown[], map: (text: string) => string): readonly unknown[] {
  let isChanged = false
  const mapped = values.map((value) => {
    const next = mapValue(value, map)
    isChanged ||= next !== value
    return next
  })
  return isChanged ? mapped : values
}

function mapObject(object: Json, map: (text: string) => string): Json {
  let changed: Record<string, unknown> | null = null
  for (const [key, value] of Object.entries(object)) {
    if (NO_TEXT.has(key)) continue
    const next = mapValue(value, map)
    if (next !== value) (changed ??= { ...object })[key] = next
  }
  return changed ?? object
}
