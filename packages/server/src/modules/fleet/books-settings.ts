/** What the fleet file says of the owner's books. Pure. */
import { z } from 'zod'

export const booksSettings = z.strictObject({
  /** Whether the owner's teams are charged in the owner's own ledger for what they use and what is kept for them. */
  postTransfer: z.boolean('write true or false').default(true),
})
