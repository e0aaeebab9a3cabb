/** The map of the fleet with its filter, legend and table. What is chosen stands in the address. */
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Segmented } from '../../../ui/button.tsx'
import { FilterSelect } from '../../../ui/field.tsx'
import { formatCount, plural } from '../../../ui/format/numbers.ts'
import { type MapCounts, countMap } from './counts.ts'
import { CONDITIONS, createMatcher, type MapFilter, matchingNodes } from './filter.ts'
import type { FleetModel } from './fleet-model.ts'
import { MapCanvas } from './map-canvas.tsx'
import { MapLegend } from './map-legend.tsx'
import { NodePanel } from './node-panel.tsx'
import { NodeTable } from './node-table.tsx'
import { SearchBox } from './search-box.tsx'
import { COLOURINGS, type Colouring } from './slot-style.ts'
import { useLook, useRanks } from './use-look.ts'

const route = getRouteApi('/app/fleet')
const NO_KINDS: readonly string[] = []

const COLOUR_WORDS: Record<Colouring, string> = {
  kind: 'Claim',
  health: 'Health',
  use: 'Use',
  organization: 'Organization',
}

function useFilter(): MapFilter {
  const { q, kinds, only } = route.useSearch()
  return useMemo(
    () => ({
      words: q ?? '',
      kinds: kinds ? kinds.split(',') : NO_KINDS,
      condition: only ?? null,
    }),
    [q, kinds, only],
  )
}

export function MapSection({ model }: { model: FleetModel }): ReactElement {
  const search = route.useSearch()
  const navigate = useNavigate()
  const colouring = search.colour ?? 'kind'
  const filter = useFilter()
  const matcher = useMemo(() => createMatcher(filter), [filter])
  const counts = useMemo(() => countMap(model.nodes.values()), [model])
  const ranks = useRanks(model)
  const look = useLook(colouring, ranks, matcher)
  const isTable = search.view === 'table'
  const isFiltered = filter.words !== '' || filter.kinds.length > 0 || filter.condition !== null
  const matching = useMemo(
    () => (isFiltered || isTable ? matchingNodes(model.nodes.values(), matcher) : []),
    [model, matcher, isFiltered, isTable],
  )
  const choose = (change: Partial<typeof search>): void =>
    void navigate({ to: '/fleet', search: { ...search, ...change }, replace: true })
  const open = (nodeId: string): void =>
    void navigate({ to: '/fleet/nodes/$nodeId', params: { nodeId } })
  const selected = model.nodes.get(search.node ?? '')
  return (
    <section aria-label="Fleet map" className="mb-8">
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <SearchBox words={filter.words} onWords={(q) => choose({ q: q || undefined })} />
        <FilterSelect
          label="Slots"
          value={search.only ?? ''}
          onPick={(only) => choose({ only: CONDITIONS.find((each) => each === only) })}
          options={CONDITIONS.map((each) => [each, each] as const)}
        />
        {isFiltered && (
          <span className="text-muted" role="status">
            {formatCount(matching.length)} of {plural(counts.nodes, 'node')}
          </span>
        )}
        <span className="flex-1" />
        <Segmented
          label="Colour by"
          value={colouring}
          choices={COLOURINGS.map((value) => ({ value, label: COLOUR_WORDS[value] }))}
          onChange={(colour) => choose({ colour: colour === 'kind' ? undefined : colour })}
        />
        <Segmented
          label="Show as"
          value={isTable ? 'table' : 'map'}
          choices={[
            { value: 'map', label: 'Map' },
            { value: 'table', label: 'Table' },
          ]}
          onChange={(view) => choose({ view: view === 'table' ? 'table' : undefined })}
        />
      </div>
      <div className="mb-2">
        <MapLegend
          colouring={colouring}
          counts={counts}
          ranks={ranks}
          kinds={filter.kinds}
          onKinds={(kinds) => choose({ kinds: kinds.length === 0 ? undefined : kinds.join(',') })}
          onWords={(q) => choose({ q })}
        />
      </div>
      {isTable ? (
        <NodeTable nodes={matching} onOpen={open} />
      ) : (
        <div className="relative">
          <MapCanvas
            model={model}
            look={look}
            summary={summarize(counts)}
            selected={selected?.id ?? null}
            onSelect={(node) => choose({ node: node ?? undefined })}
            onOpen={open}
          />
          {selected && <NodePanel node={selected} onClose={() => choose({ node: undefined })} />}
        </div>
      )}
    </section>
  )
}

function summarize(counts: MapCounts): string {
  const list = (entries: ReadonlyMap<string, number>): string =>
    [...entries].map(([word, count]) => `${count} ${word.replaceAll('_', ' ')}`).join(', ')
  return `${counts.nodes} nodes: ${list(counts.byState)}. ${counts.slots} slots: ${list(counts.byUse)}. Arrow keys go from node to node, Enter opens one, plus and minus zoom, 0 shows all. The table has the same.`
}
