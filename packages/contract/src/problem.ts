/** An error as the control API answers it: RFC 9457 problem details. */
import { z } from 'zod'
import { ERROR_CODES } from './errors.ts'

export const Problem = z.object({
  /** A page about this code. */
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  /** What happened here, as a sentence. */
  detail: z.string(),
  code: z.enum(ERROR_CODES),
  /** What to do about it. */
  remedy: z.string(),
  requestId: z.string(),
  fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
})
export type Problem = z.infer<typeof Problem>
