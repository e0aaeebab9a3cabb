/** Pieces of addresses that several pages share. A value that makes no sense is dropped, never an error. */
import { z } from 'zod'

/** Sorting and hidden columns of a page's table. */
export const tableSearch = {
  sort: z.string().optional().catch(undefined),
  hide: z.string().optional().catch(undefined),
}

export const chartSearch = {
  view: z.enum(['table']).optional().catch(undefined),
  /** A stretch of time chosen by dragging, as RFC 3339 instants. */
  from: z.iso.datetime().optional().catch(undefined),
  to: z.iso.datetime().optional().catch(undefined),
}

export const optionalText = z.string().optional().catch(undefined)

/** A number in an address is read as one, and is a word all the same. */
export const searchWord = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined)
