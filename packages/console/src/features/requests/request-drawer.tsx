/** One request in full: what it used and cost, and every server that was asked for it. */
import type { LoggedRequest, RequestTry } from '@spillway/contract'
import type { ReactElement, ReactNode } from 'react'
import { Id } from '../../ui/copy.tsx'
import { Drawer } from '../../ui/drawer.tsx'
import { Money } from '../../ui/figures.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { exactInstant } from '../../ui/format/time.ts'
import { Facts, Section } from '../../ui/page.tsx'
import { formatMs, modelWords, OutcomeWord } from './request-looks.tsx'

interface RequestDrawerProps {
  readonly request: LoggedRequest
  readonly keyNames: ReadonlyMap<string, string>
  readonly onClose: () => void
}

export function RequestDrawer({ request, keyNames, onClose }: RequestDrawerProps): ReactElement {
  return (
    <Drawer label="Request" title={modelWords(request)} onClose={onClose}>
      <OutcomeWord request={request} />
      <Facts facts={factsOf(request, keyNames)} />
      <Section title="Tokens">
        <Facts facts={tokenFacts(request)} />
      </Section>
      <Section title="Servers that were asked">
        {request.tries.length === 0 ? (
          <p className="text-muted">None.</p>
        ) : (
          <ol className="flex flex-col gap-3">
            {request.tries.map((each, index) => (
              <TryItem key={index} tried={each} number={index + 1} />
            ))}
          </ol>
        )}
      </Section>
    </Drawer>
  )
}

function factsOf(
  request: LoggedRequest,
  keyNames: ReadonlyMap<string, string>,
): readonly (readonly [string, ReactNode])[] {
  const { apiKeyId, firstOutputMs, routeVersion } = request
  return [
    ['Request', <Id key="id" id={request.id} />],
    ['At', exactInstant(request.at)],
    ['Key', keyNames.get(apiKeyId) ?? <Id key="key" id={apiKeyId} />],
    ['End user', request.endUser ?? '—'],
    ['Spoken', `${request.dialect}${request.isStream ? ', streamed' : ''}`],
    ['Cost', <Money key="cost" amount={request.costUsd} />],
    ['First output', firstOutputMs === null ? '—' : formatMs(firstOutputMs)],
    ['Took', formatMs(request.durationMs)],
    ['Error code', request.errorCode ?? '—'],
    ['Guardrails', request.guardrails ?? 'found nothing'],
    ['Route', routeVersion === null ? 'none' : `version ${routeVersion}`],
    ['From the cache', request.isCached ? 'yes' : 'no'],
  ]
}

function tokenFacts({ tokens }: LoggedRequest): readonly (readonly [string, ReactNode])[] {
  return [
    ['Input', formatCount(tokens.input)],
    ['of it cached', formatCount(tokens.cachedInput)],
    ['written to the cache', formatCount(tokens.cacheWrite)],
    ['Output', formatCount(tokens.output)],
    ['of it reasoning', formatCount(tokens.reasoning)],
  ]
}

function TryItem({ tried, number }: { tried: RequestTry; number: number }): ReactElement {
  const { target, provider, region, group, reason, outcome, status, ms } = tried
  return (
    <li className="border-l-2 border-line-strong pl-3">
      <div className="font-medium">
        {number}. {outcome}
        {status === null ? '' : ` ${status}`} after {formatMs(ms)}
      </div>
      <div className="break-words text-muted">
        {tried.model} at {provider} in {region ?? 'an unknown region'}; chosen because {reason}
        {group === null ? '' : `, group ${group}`}
      </div>
      <Id id={target} />
    </li>
  )
}
