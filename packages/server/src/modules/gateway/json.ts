/**
 * The one place where the data path turns text into JSON. A schema would cost more than the request it guards and
 * could not speak OpenAI's words, so the readers of each shape check by hand what they use.
 */

/** The parsed value, or undefined for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever is wrong with it, the caller says the one sentence that helps.
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
