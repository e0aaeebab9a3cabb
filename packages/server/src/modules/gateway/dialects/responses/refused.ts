/** What cannot be asked here through the Responses API, and what to do instead. Thrown on the way, caught by `toChat`. */
import { invalidRequest, type Refusal } from '../../refusal.ts'

export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.error.message)
    this.refusal = refusal
  }
}

export function refuse(refusal: Refusal): never {
  throw new Refused(refusal)
}

export const unsupported = (param: string, what: string): Refusal =>
  invalidRequest(`${what} cannot be asked here.`, { param, code: 'unsupported_parameter' })

export const notStored = (param: string): Refusal =>
  invalidRequest(
    `'${param}' is not possible here as asked: prompts and answers are not stored. Leave it out, say 'store': false, and send the whole conversation as items in 'input'.`,
    { param, code: 'unsupported_parameter' },
  )

export const itemNotStored = (param: string, id: string): Refusal =>
  invalidRequest(
    `Item '${id.slice(0, 80)}' is not stored here. Send the item itself instead of a reference to it; clients do so with 'store': false.`,
    { param, code: 'unsupported_parameter' },
  )
