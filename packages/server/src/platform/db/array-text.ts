/**
 * PostgreSQL arrays as text, for `unnest` of thousands of values: the driver escapes every element, whatever it is,
 * and spends more time on that than the server on the whole statement. Here only what needs it is quoted.
 */

type Element = string | number | bigint | null

/** Empty, the word null, or a character that means something in an array. */
const NEEDS_QUOTES = /^$|^null$|[\s,{}"\\]/i

/** The value of a parameter that is cast to an array of text, numbers, UUIDs or instants: `${arrayText(ids)}::uuid[]`. */
export function arrayText(elements: readonly Element[]): string {
  let text = '{'
  for (const element of elements)
    text += text.length === 1 ? render(element) : `,${render(element)}`
  return `${text}}`
}

function render(element: Element): string {
  if (element === null) return 'NULL'
  if (typeof element !== 'string') return String(element)
  return NEEDS_QUOTES.test(element) ? `"${element.replace(/["\\]/g, '\\$&')}"` : element
}
