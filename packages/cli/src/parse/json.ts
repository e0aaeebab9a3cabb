/** Reads JSON that something else wrote. Says nothing about its shape: callers look before they rely on it. */

/** The value, or `undefined` where the text is not JSON (which no JSON text can mean). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the caller says what it expected and where it came from.
    return undefined
  }
}

/** The value as an object with unknown fields, or null when it is anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  return asObject(parseJson(text))
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
