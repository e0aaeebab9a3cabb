/** Simulations over HTTP. */
import type { IdSource } from '#kernel/ids.ts'
import type { Routes } from '#platform/http/handler.ts'
import { cancelSimulation, createSimulation, getSimulation } from './service.ts'
import { listSimulations, type Simulation, type SimulationFull } from './store.ts'

function renderInstant(instant: Date | null): string | null {
  return instant?.toISOString() ?? null
}

function render(simulation: Simulation) {
  const { id, name, state, progress, variants, seeds, horizonDays, failure } = simulation
  return {
    ...{ id, name, state, progress, variants: [...variants], seeds, horizonDays, failure },
    createdAt: simulation.createdAt.toISOString(),
    startedAt: renderInstant(simulation.startedAt),
    endedAt: renderInstant(simulation.endedAt),
  }
}

function renderFull(simulation: SimulationFull) {
  const { scenario, notes, result } = simulation
  return { ...render(simulation), scenario, notes: [...notes], result }
}

type Names = 'createSimulation' | 'listSimulations' | 'getSimulation' | 'cancelSimulation'

export function simulationRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    createSimulation: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId } = principal
      const made = await createSimulation(db, { ...body, organizationId, now }, ids)
      setTarget(made.id)
      return render(made)
    },
    listSimulations: async ({ db, principal, query }) => {
      const { organizationId } = principal
      const items = await listSimulations(db, { organizationId, ...query })
      return { items: items.map(render), nextCursor: null }
    },
    getSimulation: async ({ db, principal, params }) =>
      renderFull(await getSimulation(db, { ...params, organizationId: principal.organizationId })),
    cancelSimulation: async ({ db, principal, params, now }) => {
      const { organizationId } = principal
      return render(await cancelSimulation(db, { ...params, organizationId, now }))
    },
  }
}
