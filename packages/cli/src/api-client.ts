/**
 * The typed client as this command uses it: every method gives its document, and the two that stream give the open
 * response. Stands in for the contract's own `Client` type as long as that one types every method as streaming.
 */
import { createClient, type Api, type ClientOptions, type EndpointName } from '@spillway/contract'

type StreamingName = 'getLeaseLogs' | 'streamEvents'
type Methods = ReturnType<typeof createClient>

export type Client = {
  readonly [N in EndpointName]: (
    ...call: Parameters<Methods[N]>
  ) => Promise<N extends StreamingName ? Response : Api[N]['returns']['_zod']['output']>
}

export function createApiClient(options: ClientOptions): Client {
  return createClient(options) as unknown as Client
}
