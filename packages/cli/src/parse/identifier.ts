/** Finds which identifier an abbreviation means. Pure: the candidates come in. */

export type Match =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'many'; readonly ids: readonly string[] }

/** Whether the text is a whole identifier of that prefix, so that nothing needs to be looked up. */
export function isWholeId(prefix: string, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-z]{26}$/.test(text.slice(prefix.length + 1))
}

/**
 * The one identifier that starts or ends with the text; the `lse_` in front may be left out. A whole match wins over
 * abbreviations.
 */
export function matchId(text: string, ids: readonly string[]): Match {
  const wanted = text.toLowerCase()
  const whole = ids.find((id) => id === wanted)
  if (whole !== undefined) return { kind: 'one', id: whole }
  const found = wanted === '' ? [] : ids.filter((id) => isAbbreviation(wanted, id))
  const [first, ...others] = found
  if (first === undefined) return { kind: 'none' }
  return others.length === 0 ? { kind: 'one', id: first } : { kind: 'many', ids: found }
}

function isAbbreviation(text: string, id: string): boolean {
  const bare = id.slice(id.indexOf('_') + 1)
  return id.startsWith(text) || bare.startsWith(text) || bare.endsWith(text)
}
