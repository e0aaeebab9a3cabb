/** The benchmark price, the calendar and the transfer price over HTTP. */
import type { Routes } from '#platform/http/handler.ts'
import {
  answerBenchmark,
  answerCalendar,
  answerTransfer,
  type BidsOfReplicas,
} from './worth-service.ts'

type Names = 'getBenchmarkPrice' | 'getCalendar' | 'getTransferPrice'

function toDate(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text)
}

interface WorthDeps {
  readonly bidsOfReplicas: BidsOfReplicas
  /** Whether the transfer price is posted. */
  readonly isTransferPosted: boolean
}

export function worthRoutes({ bidsOfReplicas, isTransferPosted }: WorthDeps): Pick<Routes, Names> {
  return {
    getBenchmarkPrice: ({ db, principal, params, now }) => {
      const isOperator = principal.role === 'operator'
      return answerBenchmark(db, params.pool, { now, bidsOfReplicas, isOperator })
    },
    getCalendar: ({ db, params, query, now }) =>
      answerCalendar(db, params.pool, { from: toDate(query.from), hours: query.hours, now }),
    getTransferPrice: ({ db, params, query, now }) =>
      answerTransfer(db, params.pool, {
        ...{ from: toDate(query.from), to: toDate(query.to) ?? now, isPosted: isTransferPosted },
      }),
  }
}
