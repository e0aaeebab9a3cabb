/** A line of the request log as callers see it. Pure. */
import type { LoggedRequest } from '@spillway/contract'
import { renderMoney } from '#kernel/money.ts'
import type { RequestLine } from './log-line.ts'

export function renderRequest(line: RequestLine): LoggedRequest {
  const { tokens } = line
  return {
    ...{ id: line.id, at: line.at.toISOString(), dialect: line.dialect, isStream: line.isStream },
    ...{ organizationId: line.organizationId, projectId: line.projectId },
    ...{ apiKeyId: line.apiKeyId, endUser: line.endUser },
    ...{ modelAsked: line.modelAsked, model: line.model },
    ...{ outcome: line.outcome, status: line.status, errorCode: line.errorCode },
    tokens: {
      input: tokens.inputTokens,
      output: tokens.outputTokens,
      cachedInput: tokens.cachedInputTokens ?? 0,
      cacheWrite: tokens.cacheWriteTokens ?? 0,
      reasoning: tokens.reasoningTokens ?? 0,
    },
    costUsd: renderMoney(line.cost),
    ...{ firstOutputMs: line.firstOutputMs, durationMs: line.durationMs },
    ...{ isCached: line.isCached, guardrails: line.guardrails },
    routeVersion: line.routeVersion,
    tries: [...line.tries],
  }
}
