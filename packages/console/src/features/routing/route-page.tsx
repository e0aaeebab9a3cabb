/** The route of one model: its servers as the route sees them, its document, and every version of it. */
import type { Route, RouteServer, RouteVersion } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { Ago } from '../../ui/figures.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { EditRoute } from './edit-route.tsx'
import { RemoveRoute } from './remove-route.tsx'
import { breakerWords, constraintWords, EXCLUSION_WORDS, ruleWords } from './route-words.ts'

const page = getRouteApi('/app/routes/$modelId')

export function RoutePage(): ReactElement {
  const { modelId: model } = page.useParams()
  const query = useQuery(apiQuery('getRoute', { params: { model } }))
  const [isEditing, setEditing] = useState(false)
  const [isRemoving, setRemoving] = useState(false)
  const route = query.data
  return (
    <>
      <PageHead
        back={
          <Link to="/routes" className="text-muted hover:text-accent">
            Routes
          </Link>
        }
        title={`Route of ${model}`}
        line={route ? ruleWords(route) : <>&nbsp;</>}
        actions={
          route && (
            <>
              {route.document && (
                <Button look="quiet" onClick={() => setRemoving(true)}>
                  Remove the route
                </Button>
              )}
              <Button look="primary" onClick={() => setEditing(true)}>
                Change the route
              </Button>
            </>
          )
        }
      />
      <Answered query={query}>{(found) => <Content route={found} />}</Answered>
      {isEditing && route && <EditRoute route={route} onClose={() => setEditing(false)} />}
      {isRemoving && <RemoveRoute model={model} onClose={() => setRemoving(false)} />}
    </>
  )
}

function Content({ route }: { readonly route: Route }): ReactElement {
  const { servers, document } = route
  return (
    <>
      <Section title="Servers">
        {servers.length === 0 ? (
          <Empty>No server answers for it now; each would be here, and whether it is asked.</Empty>
        ) : (
          <ul className="border-t border-line">
            {servers.map((server) => (
              <ServerRow key={server.id} server={server} />
            ))}
          </ul>
        )}
      </Section>
      {document && (
        <Section className="mt-8" title="Document">
          <p className="mb-2 text-muted">Has to hold: {constraintWords(document.constraints)}</p>
          <Code text={JSON.stringify(document, null, 2)} label="the document" />
        </Section>
      )}
      <Versions model={route.model} />
    </>
  )
}

function ServerRow({ server }: { readonly server: RouteServer }): ReactElement {
  const { id, model, provider, region, dataPolicy, groups, excludedBy, breaker } = server
  const facts = [
    provider,
    region ?? 'region not known',
    `prompts ${dataPolicy === 'unknown' ? 'not known' : dataPolicy.replace('_', ' ')}`,
    groups.length === 0 ? null : `in ${groups.join(', ')}`,
  ].filter((fact) => fact !== null)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-2">
      <span className="min-w-0 flex-1">
        <code className="break-all">{id}</code>
        <span className="block text-12 text-muted">
          {model} · {facts.join(' · ')}
        </span>
      </span>
      {breaker && <StateWord tone="bad">{breakerWords(breaker)}</StateWord>}
      <StateWord tone={excludedBy === null ? 'good' : 'idle'}>
        {excludedBy === null ? 'asked' : EXCLUSION_WORDS[excludedBy]}
      </StateWord>
    </li>
  )
}

function Versions({ model }: { readonly model: string }): ReactElement {
  const versions = useQuery(apiQuery('listRouteVersions', { params: { model } }))
  return (
    <Section className="mt-8" title="Versions">
      <Answered query={versions}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">No route was ever set.</p>
          ) : (
            <ul className="border-t border-line">
              {items.map((version) => (
                <VersionRow key={version.version} version={version} />
              ))}
            </ul>
          )
        }
      </Answered>
    </Section>
  )
}

function VersionRow({ version }: { readonly version: RouteVersion }): ReactElement {
  return (
    <li className="flex flex-wrap items-center gap-x-4 border-b border-line py-2">
      <span className="num">{version.version}</span>
      <span className="min-w-0 flex-1">{ruleWords(version)}</span>
      <span className="text-muted">
        <Ago at={version.setAt} />
      </span>
    </li>
  )
}
