/** Routes, their servers, versions and constraints as tables. Pure. */
import type { Route, RouteConstraint, RouteConstraints, RouteVersion } from '@spillway/contract'
import { renderTable, type TableOptions } from './table.ts'

const EXCLUSIONS: Readonly<Record<NonNullable<Route['servers'][number]['excludedBy']>, string>> = {
  not_named: 'no group names it',
  region: 'never: its region',
  provider: 'never: its provider',
  data_policy: 'never: its data policy',
  price: 'never: its price',
}

const ruleOf = ({ document }: Pick<Route, 'document'>) =>
  document === null
    ? 'every server'
    : document.groups.map(({ name, objective }) => `${name} (${objective})`).join(' \u2192 ')

export function renderRoutes(routes: readonly Route[], options: TableOptions): string {
  if (routes.length === 0) return 'no models'
  return renderTable(
    [
      { heading: 'MODEL', cell: ({ model }) => model },
      { heading: 'VERSION', cell: ({ version }) => String(version) },
      { heading: 'ASKS', isFlexible: true, cell: ruleOf },
      {
        heading: 'SERVERS',
        cell: ({ servers }) =>
          `${servers.filter(({ excludedBy }) => excludedBy === null).length} of ${servers.length}`,
      },
      { heading: 'LIMITS', cell: ({ document }) => renderConstraints(document?.constraints ?? {}) },
    ],
    routes,
    options,
  )
}

/** What has to hold, in a few words. */
export function renderConstraints(constraints: RouteConstraints): string {
  const { regions, providersOnly, providersIgnored, dataPolicy, maxPrice } = constraints
  const words = [
    regions && `in ${regions.join(', ')}`,
    providersOnly && `only ${providersOnly.join(', ')}`,
    providersIgnored && `not ${providersIgnored.join(', ')}`,
    dataPolicy && (dataPolicy === 'kept' ? 'not trained on' : 'not kept'),
    maxPrice?.inputUsd !== undefined && `input \u2264 $${maxPrice.inputUsd}`,
    maxPrice?.outputUsd !== undefined && `output \u2264 $${maxPrice.outputUsd}`,
  ].filter((word) => typeof word === 'string')
  return words.length === 0 ? 'none' : words.join('; ')
}

export function renderRoute(route: Route, options: TableOptions): string {
  const { model, version, servers, document } = route
  const head = `${model}, version ${version}: ${ruleOf(route)}`
  const table = renderTable(
    [
      { heading: 'SERVER', cell: ({ id }) => id },
      { heading: 'MODEL', cell: (server) => server.model },
      { heading: 'PROVIDER', cell: ({ provider }) => provider },
      { heading: 'REGION', cell: ({ region }) => region ?? 'unknown' },
      { heading: 'PROMPTS', cell: ({ dataPolicy }) => dataPolicy.replace('_', ' ') },
      { heading: 'IN GROUPS', cell: ({ groups }) => groups.join(', ') || '\u2013' },
      {
        heading: 'ASKED',
        isFlexible: true,
        cell: ({ excludedBy, breaker }) => {
          if (excludedBy !== null) return EXCLUSIONS[excludedBy]
          if (breaker === null) return 'yes'
          return breaker.state === 'open' ? 'last: its breaker is open' : 'last: it is probed'
        },
      },
    ],
    servers,
    options,
  )
  const text = document === null ? '' : `\n\n${JSON.stringify(document, null, 2)}`
  return `${head}\n\n${servers.length === 0 ? 'no server answers now' : table}${text}`
}

export function renderVersions(versions: readonly RouteVersion[], options: TableOptions): string {
  if (versions.length === 0) return 'no route was ever set: every server of the model answers'
  return renderTable(
    [
      { heading: 'VERSION', cell: ({ version }) => String(version) },
      { heading: 'SET', cell: ({ setAt }) => setAt },
      { heading: 'ASKS', isFlexible: true, cell: ruleOf },
    ],
    versions,
    options,
  )
}

export function renderRouteConstraints(
  constraints: readonly RouteConstraint[],
  options: TableOptions,
): string {
  if (constraints.length === 0) return 'no constraints: requests go wherever the routes allow'
  return renderTable(
    [
      { heading: 'PROJECT', cell: ({ projectId }) => projectId },
      {
        heading: 'ITS REQUESTS',
        isFlexible: true,
        cell: (constraint) => renderConstraints(constraint.constraints),
      },
      { heading: 'SINCE', cell: ({ setAt }) => setAt },
    ],
    constraints,
    options,
  )
}
