/** One deployment: what its replicas bid against the price of an hour, how many there were, each move with its reason. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { type Answer, call } from '../../api/client.ts'
import { LineView } from '../../charts/line-view.tsx'
import { Button, IconButton, Segmented } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { formatSi } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { renderDrawnUsd } from '../market/price-shape.ts'
import { BidFigures } from './bid-figures.tsx'
import { toBidShape, toReplicaShape } from './bid-shape.ts'
import { ColdStarts, Moves } from './moves.tsx'
import { ScaleDialog } from './scale-dialog.tsx'

const route = getRouteApi('/app/deployments/$deploymentId')
const HEIGHT = 240
const POLL_MS = 10_000
const HOUR_MS = 3_600_000
const POINTS = 360

export type BidRange = '1h' | '6h' | '24h' | '7d'

const HOURS: Readonly<Record<BidRange, number>> = { '1h': 1, '6h': 6, '24h': 24, '7d': 168 }
const RANGES = (['1h', '6h', '24h', '7d'] as const).map((value) => ({
  value,
  label: value.replace(/(\d+)/, '$1 '),
}))

type Bids = Answer<'listBids'>

function useBids() {
  const { deploymentId: id } = route.useParams()
  const { range = '6h' } = route.useSearch()
  return useQuery({
    queryKey: ['listBids', id, range],
    queryFn: ({ signal }) => {
      const from = new Date(serverNowMs() - HOURS[range] * HOUR_MS).toISOString()
      return call('listBids', { params: { id }, query: { from, points: POINTS } }, { signal })
    },
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
}

export function DeploymentPage(): ReactElement {
  const query = useBids()
  const [isScaling, setScaling] = useState(false)
  const deployment = query.data?.deployment
  const isOurs = deployment?.source === 'replica'
  return (
    <>
      <PageHead
        back={
          <Link to="/deployments" className="text-muted hover:text-accent">
            Deployments
          </Link>
        }
        title={deployment?.model ?? 'Deployment'}
        line={deployment ? boundsLine(deployment) : <>&nbsp;</>}
        actions={isOurs && <Button onClick={() => setScaling(true)}>Change the scaling</Button>}
      />
      <Answered query={query} skeleton={<BlockSkeleton height={420} />}>
        {(bids) => <Content bids={bids} />}
      </Answered>
      {isScaling && deployment && (
        <ScaleDialog deployment={deployment} onClose={() => setScaling(false)} />
      )}
    </>
  )
}

function boundsLine(deployment: Bids['deployment']): string {
  const { source, pool, policy, replicasMin, replicasMax, idleMs, steadyMs, bandPercent } =
    deployment
  if (source === 'upstream') return 'Served by an upstream.'
  const where = pool === null ? '' : ` on ${pool}`
  if (policy === 'fixed') return `${replicasMin} fixed${where}`
  const sleeps =
    replicasMin === 0 ? ` · none after ${formatDuration(idleMs)} without a request` : ''
  return `${replicasMin} to ${replicasMax}${where}${sleeps} · turns after ${formatDuration(steadyMs)} beyond ${bandPercent} %`
}

function Content({ bids }: { bids: Bids }): ReactElement {
  if (bids.deployment.source === 'upstream')
    return <Empty>Somebody else runs it: it takes no GPU of the fleet, and bids for none.</Empty>
  return (
    <>
      <BidFigures bids={bids} />
      <div className="flex flex-col gap-y-7">
        <Charts bids={bids} />
        <Moves moves={bids.moves} />
        <ColdStarts starts={bids.coldStarts} />
      </div>
    </>
  )
}

function Charts({ bids }: { bids: Bids }): ReactElement {
  const { view } = route.useSearch()
  const isTable = view === 'table'
  const { points, deployment } = bids
  const money = useMemo(
    () => ({ ...toBidShape(points), formatValue: renderDrawnUsd, isStepped: true }),
    [points],
  )
  const replicas = useMemo(
    () => ({ ...toReplicaShape(points), formatValue: formatSi, isStepped: true }),
    [points],
  )
  if (points.length === 0)
    return (
      <Empty>Nobody has looked at it in this time; bids and replicas would be drawn here.</Empty>
    )
  return (
    <>
      <Section title={<Titled title="Bids" note="per GPU-hour, UTC" />} aside={<ChartTools />}>
        <LineView
          label={`What replicas of ${deployment.model} bid, and what an hour sells for`}
          drawing={money}
          height={HEIGHT}
          isTable={isTable}
          renderValue={renderDrawnUsd}
        />
      </Section>
      <Section title={<Titled title="Replicas" note="and demand in replicas, UTC" />}>
        <LineView
          label={`Replicas of ${deployment.model}, and what was wanted of them`}
          drawing={replicas}
          height={HEIGHT}
          isTable={isTable}
          renderValue={formatSi}
        />
      </Section>
    </>
  )
}

function Titled({ title, note }: { title: string; note: string }): ReactElement {
  return (
    <>
      {title} <span className="text-13 font-normal text-muted">{note}</span>
    </>
  )
}

function ChartTools(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const update = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  const isTable = search.view === 'table'
  return (
    <>
      <Segmented<BidRange>
        label="Range"
        value={search.range ?? '6h'}
        choices={RANGES}
        onChange={(range) => update({ range })}
      />
      <IconButton
        icon={isTable ? 'chart' : 'table'}
        label={isTable ? 'View as chart' : 'View as table'}
        onClick={() => update({ view: isTable ? undefined : 'table' })}
      />
    </>
  )
}
