/** How requests of the log read. Pure. */
import type { LoggedRequest, RequestTry } from '@spillway/contract'
import { renderAmount } from './amount.ts'
import type { Colour, Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderClock, renderDuration, renderInstant } from './time.ts'

function colourOf({ outcome, status }: LoggedRequest): Colour | null {
  if (outcome === 'answered') return null
  return status < 500 && outcome !== 'broken' && outcome !== 'interrupted' ? 'yellow' : 'red'
}

/** Such as `200`, `429 rate_limit_exceeded` or `200 broken`. */
function renderOutcome({ outcome, status, errorCode }: LoggedRequest): string {
  if (outcome === 'answered') return String(status)
  const why = outcome === 'refused' || outcome === 'failed' ? (errorCode ?? outcome) : outcome
  return `${status} ${toLine(why)}`
}

function renderModel({ modelAsked, model }: LoggedRequest): string {
  const asked = toLine(modelAsked ?? '–')
  return model === null || model === modelAsked ? asked : `${asked} → ${toLine(model)}`
}

function renderTokens({ tokens }: LoggedRequest): string {
  return `${tokens.input}+${tokens.output}`
}

export function renderRequests(
  requests: readonly LoggedRequest[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<LoggedRequest>[] = [
    { heading: 'UTC', cell: ({ at }) => renderClock(at, nowMs), colour: () => 'dim' },
    { heading: 'REQUEST', cell: ({ id }) => id, colour: () => 'dim' },
    { heading: 'MODEL', isFlexible: true, cell: renderModel },
    { heading: 'OUTCOME', cell: renderOutcome, colour: colourOf },
    { heading: 'TOKENS', align: 'right', cell: renderTokens },
    { heading: 'USD', align: 'amount', cell: ({ costUsd }) => renderAmount(costUsd) },
    { heading: 'FIRST', align: 'right', cell: (each) => renderMs(each.firstOutputMs) },
    { heading: 'TOOK', align: 'right', cell: (each) => renderMs(each.durationMs) },
    { heading: 'USER', cell: ({ endUser }) => toLine(endUser ?? '') },
  ]
  return renderTable(columns, requests, options)
}

function renderMs(ms: number | null): string {
  return ms === null ? '' : renderDuration(ms)
}

/** One line of a live tail. */
export function renderRequestLine(request: LoggedRequest, nowMs: number, paint: Paint): string {
  const colour = colourOf(request)
  const outcome = renderOutcome(request)
  const parts = [
    paint('dim', renderClock(request.at, nowMs)),
    colour === null ? outcome : paint(colour, outcome),
    paint('bold', renderModel(request)),
    renderDuration(request.durationMs),
    `${renderTokens(request)} tokens`,
    `${renderAmount(request.costUsd)} USD`,
    toLine(request.endUser ?? ''),
    paint('dim', request.id),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

function renderTry(each: RequestTry): string {
  const why = each.group === null ? each.reason : `${each.reason}, group ${each.group}`
  const status = each.status === null ? '' : ` ${each.status}`
  const where = `${toLine(each.provider)} in ${toLine(each.region ?? 'an unknown region')}`
  return `${each.outcome}${status} by ${toLine(each.target)} (${where}; ${toLine(why)}) after ${renderDuration(each.ms)}`
}

export function renderRequest(request: LoggedRequest, paint: Paint): string {
  const { tokens } = request
  const classes = [
    [tokens.cachedInput, 'cached'],
    [tokens.cacheWrite, 'written to the cache'],
    [tokens.reasoning, 'reasoning'],
  ].flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]))
  const input = `${tokens.input} in, ${tokens.output} out`
  return renderFields(
    [
      ['request', request.id],
      ['at', renderInstant(request.at)],
      ['model', renderModel(request)],
      ['outcome', `${request.outcome}, ${renderOutcome(request)}`],
      ['tokens', classes.length === 0 ? input : `${input}; ${classes.join(', ')}`],
      ['cost', `${renderAmount(request.costUsd)} USD`],
      ['first output', renderMs(request.firstOutputMs) || '–'],
      ['took', renderDuration(request.durationMs)],
      ['spoken', `${request.dialect}${request.isStream ? ', streamed' : ''}`],
      ['key', request.apiKeyId],
      ['end user', toLine(request.endUser ?? '–')],
      ['guardrails', toLine(request.guardrails ?? '–')],
      ['route', request.routeVersion === null ? 'none' : `version ${request.routeVersion}`],
      ...request.tries.map((each, index) => [`try ${index + 1}`, renderTry(each)] as const),
    ],
    paint,
  )
}
