/** The map as a query: the first answer is whole, every later one only what changed, merged into what is known. */
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { call } from '../../../api/client.ts'
import { type FleetModel, mergeMap } from './fleet-model.ts'

const KEY = ['getFleetMap']
const POLL_MS = 15_000
/** Events come faster than a reader can see: the map is asked for at most this often. */
const PAUSE_MS = 700

let askedAtMs = Number.NEGATIVE_INFINITY

async function pause(signal: AbortSignal): Promise<void> {
  const leftMs = askedAtMs + PAUSE_MS - performance.now()
  if (leftMs > 0)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, leftMs)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  signal.throwIfAborted()
  askedAtMs = performance.now()
}

export function useFleetMap(): UseQueryResult<FleetModel> {
  const queryClient = useQueryClient()
  return useQuery<FleetModel>({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      await pause(signal)
      const before = queryClient.getQueryData<FleetModel>(KEY)
      const query = before === undefined ? {} : { since: before.version }
      return mergeMap(before, await call('getFleetMap', { query }, { signal }))
    },
    // Models hold maps, which are compared by identity.
    structuralSharing: false,
    refetchInterval: POLL_MS,
  })
}
