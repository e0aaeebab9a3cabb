/** Deployments, replicas and discoveries as tables. Pure. */
import type { Deployment, Discovery, Replica } from '@spillway/contract'
import type { Colour } from './paint.ts'
import { renderTable, type Column, type TableOptions } from './table.ts'

const STATE_COLOURS: Readonly<Record<Replica['state'], Colour>> = {
  starting: 'yellow',
  ready: 'green',
  draining: 'yellow',
  backing_off: 'red',
  stopped: 'dim',
}

/** One line a replica; a deployment without any still has its line. */
interface Line {
  readonly deployment: Deployment
  readonly replica: Replica | null
}

export function renderDeployments(
  deployments: readonly Deployment[],
  options: TableOptions,
): string {
  if (deployments.length === 0) return 'no deployments'
  const lines = deployments.flatMap((deployment): readonly Line[] =>
    deployment.replicas.length === 0
      ? [{ deployment, replica: null }]
      : deployment.replicas.map((replica) => ({ deployment, replica })),
  )
  const columns: readonly Column<Line>[] = [
    { heading: 'ID', cell: ({ deployment }) => deployment.id },
    { heading: 'MODEL', cell: ({ deployment }) => deployment.model },
    {
      heading: 'REPLICAS',
      align: 'right',
      cell: ({ deployment }) =>
        deployment.source === 'upstream'
          ? 'upstream'
          : `${deployment.replicas.filter(({ state }) => state === 'ready').length} of ${deployment.replicasWanted}`,
    },
    {
      heading: 'STATE',
      cell: ({ replica }) => replica?.state.replace('_', ' ') ?? '',
      colour: ({ replica }) => (replica === null ? null : STATE_COLOURS[replica.state]),
    },
    { heading: 'LEASE', cell: ({ replica }) => replica?.leaseId ?? '' },
    {
      heading: 'FROM',
      cell: ({ deployment }) => deployment.upstreamUrl ?? deployment.pool ?? '',
    },
    {
      heading: 'RUNS',
      cell: ({ deployment: { server, source } }) => {
        if (server !== null) return `${server.engine} on ${server.gpus}`
        return source === 'replica' ? 'llama.cpp' : ''
      },
    },
    { heading: '', isFlexible: true, cell: ({ replica }) => replica?.text ?? '' },
  ]
  return renderTable(columns, lines, options)
}

export function renderDiscoveries(
  discoveries: readonly Discovery[],
  options: TableOptions,
): string {
  const [first] = discoveries
  if (first === undefined)
    return 'no OpenAI-compatible server was found on this machine, beyond those already added'
  const table = renderTable(
    [
      { heading: 'ADDRESS', cell: (discovery) => discovery.url },
      { heading: 'PRODUCT', cell: (discovery) => discovery.product },
      { heading: 'MODELS', cell: (discovery) => discovery.models.join(', ') },
    ],
    discoveries,
    options,
  )
  const model = first.models[0] ?? 'MODEL'
  const add = `spillway deployment add ${nameFrom(model)} --upstream ${first.url} --upstream-model ${model} --private-network`
  return `${table}\n\n${options.paint('dim', `add one: ${add}`)}`
}

/** A name buyers can use, from whatever the server calls the model. */
function nameFrom(model: string): string {
  return model.replace(/[^A-Za-z0-9._:/-]/g, '-').replace(/^[^A-Za-z0-9]+/, '')
}
