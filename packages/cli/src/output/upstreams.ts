/** Upstreams as a table. Pure. */
import type { Upstream } from '@spillway/contract'
import { renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'

const POLICIES: Readonly<Record<Upstream['dataPolicy'], string>> = {
  unknown: 'unknown',
  not_kept: 'not kept',
  kept: 'kept',
  trained_on: 'trained on',
}

export function renderUpstreams(upstreams: readonly Upstream[], options: TableOptions): string {
  if (upstreams.length === 0) return 'no upstreams'
  return renderTable(
    [
      { heading: 'ID', cell: ({ id }) => id },
      { heading: 'MODEL', cell: ({ model }) => model },
      { heading: 'SPEAKS', cell: ({ provider }) => provider },
      { heading: 'ADDRESS', isFlexible: true, cell: ({ url }) => url },
      { heading: 'ITS NAME', cell: ({ upstreamModel }) => toLine(upstreamModel) },
      { heading: 'CREDENTIAL', cell: ({ hasCredential }) => (hasCredential ? 'sealed' : 'none') },
      {
        heading: 'NETWORK',
        cell: ({ allowsPrivateNetwork }) => (allowsPrivateNetwork ? 'private too' : 'public'),
      },
      { heading: 'REGION', cell: ({ region }) => region ?? 'unknown' },
      { heading: 'PROMPTS', cell: ({ dataPolicy }) => POLICIES[dataPolicy] },
    ],
    upstreams,
    options,
  )
}
