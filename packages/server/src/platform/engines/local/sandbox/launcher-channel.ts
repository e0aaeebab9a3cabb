/** What the shim and the launcher inside a sandbox say to each other. No command of a customer runs before it is over. */
import type { CommandDescription } from '../command-resolution.ts'

/** From the launcher. */
export type LauncherWord =
  /** Comes with the listening socket, on a port of the sandbox's own loopback. */
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly text: string }

/** From the shim: what to become. */
export interface LaunchOrder extends CommandDescription {
  /** Where its service listens. The socket of its door comes with it. */
  readonly servicePort: number | null
  /** The words that run its relay, before the port. */
  readonly relay: readonly string[]
}
