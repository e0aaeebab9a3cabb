/** What the storm rages over: an engine with its parts, each of which can be killed. */
export interface Ground {
  readonly name: string
  /** For the server: above all which fleet. */
  readonly environment: Readonly<Record<string, string>>
  readonly gpusMax: number
  readonly inFlight: number
  /** Parts beside Spillway's own. Each kills one with SIGKILL and sees to it that it comes back. */
  readonly victims: Readonly<Record<string, () => Promise<void>>>
  /** Ends what comes from others, once the storm is over. */
  readonly quieten: () => Promise<void>
  /** Work of ours that the engine still has when all leases have ended. */
  readonly countLeftovers: () => Promise<number>
  readonly close: () => Promise<void>
}
