/** The columns of the request log. */
import type { LoggedRequest } from '@spillway/contract'
import { Id } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import type { TableColumn } from '../../ui/table/column.ts'
import { formatMs, modelWords, OutcomeWord, outcomeWords } from './request-looks.tsx'

export const REQUEST_COLUMNS: readonly TableColumn<LoggedRequest>[] = [
  { id: 'at', header: 'When', value: ({ at }) => at, cell: ({ at }) => <Ago at={at} /> },
  {
    id: 'outcome',
    header: 'Outcome',
    value: outcomeWords,
    cell: (request) => <OutcomeWord request={request} />,
  },
  {
    id: 'model',
    header: 'Model',
    isWide: true,
    value: modelWords,
    cell: (request) => <span title={modelWords(request)}>{modelWords(request)}</span>,
  },
  {
    id: 'user',
    header: 'End user',
    from: 'wide',
    value: ({ endUser }) => endUser,
    cell: ({ endUser }) => endUser ?? <span className="text-muted">—</span>,
  },
  {
    id: 'tokens',
    header: 'Tokens in + out',
    isNumeric: true,
    from: 'medium',
    value: ({ tokens }) => tokens.input + tokens.output,
    text: ({ tokens }) => `${tokens.input}+${tokens.output}`,
    cell: ({ tokens }) => (
      <span className="num">
        {formatCount(tokens.input)} + {formatCount(tokens.output)}
      </span>
    ),
  },
  {
    id: 'cost',
    header: 'Cost',
    isNumeric: true,
    from: 'narrow',
    value: ({ costUsd }) => Number(costUsd),
    text: ({ costUsd }) => costUsd,
    cell: ({ costUsd }) => <Money amount={costUsd} />,
  },
  {
    id: 'first',
    header: 'First output',
    isNumeric: true,
    from: 'wide',
    value: ({ firstOutputMs }) => firstOutputMs,
    cell: ({ firstOutputMs }) =>
      firstOutputMs === null ? (
        <span className="text-muted">—</span>
      ) : (
        <span className="num">{formatMs(firstOutputMs)}</span>
      ),
  },
  {
    id: 'took',
    header: 'Took',
    isNumeric: true,
    value: ({ durationMs }) => durationMs,
    cell: ({ durationMs }) => <span className="num">{formatMs(durationMs)}</span>,
  },
  {
    id: 'id',
    header: 'Request',
    from: 'widest',
    value: ({ id }) => id,
    cell: ({ id }) => <Id id={id} />,
  },
]
