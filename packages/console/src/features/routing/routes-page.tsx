/** The routes of all models: what each asks, and how many of its servers may answer. */
import type { Route } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { ConstraintsSection } from './constraints-section.tsx'
import { constraintWords, ruleWords } from './route-words.ts'

export function RoutesPage(): ReactElement {
  const routes = useQuery(apiQuery('listRoutes'))
  return (
    <>
      <PageHead title="Routes" line="Who answers for each model, in which order" />
      <Answered query={routes}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>Nobody answers for a model; the routes of models would be here.</Empty>
          ) : (
            <ul className="border-t border-line">
              {items.map((route) => (
                <RouteRow key={route.model} route={route} />
              ))}
            </ul>
          )
        }
      </Answered>
      <ConstraintsSection />
    </>
  )
}

function RouteRow({ route }: { readonly route: Route }): ReactElement {
  const { model, version, document, servers } = route
  const asked = servers.filter(({ excludedBy }) => excludedBy === null).length
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-2">
      <span className="min-w-0 flex-1">
        <Link
          to="/routes/$modelId"
          params={{ modelId: model }}
          className="font-medium text-text no-underline hover:text-accent hover:underline"
        >
          {model}
        </Link>
        <span className="block text-12 text-muted">{ruleWords(route)}</span>
      </span>
      <span className="text-muted">{constraintWords(document?.constraints ?? {})}</span>
      <span className="num text-muted">
        {asked} of {plural(servers.length, 'server')}
      </span>
      <span className="num text-muted">{version === 0 ? 'never set' : `version ${version}`}</span>
    </li>
  )
}
