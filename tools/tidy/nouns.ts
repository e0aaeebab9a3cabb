/**
 * The nouns of the product, spelled once: each has a module, a page of the console, a command of the CLI, and a place
 * in its module's README. Every endpoint's noun must be here. What a noun lacks on purpose stands in exemptions.ts.
 */

export interface NounHome {
  /** The server module that owns it, or `platform`. */
  readonly module: string
  /** Below packages/console/src: the file of its page. */
  readonly page: string
  /** Below packages/cli/src/commands, without the ending. */
  readonly command: string
}

export const NOUNS: Readonly<Record<string, NounHome>> = {
  session: { module: 'identity', page: 'routes/sign-in.tsx', command: 'session' },
  organization: { module: 'identity', page: 'routes/organizations.tsx', command: 'organization' },
  api_key: { module: 'identity', page: 'routes/keys.tsx', command: 'key' },
  credit: { module: 'ledger', page: 'routes/organizations.tsx', command: 'credit' },
  balance: { module: 'ledger', page: 'routes/usage.tsx', command: 'balance' },
  ledger: { module: 'ledger', page: 'routes/books.tsx', command: 'ledger' },
  usage: { module: 'metering', page: 'routes/usage.tsx', command: 'usage' },
  books: { module: 'economics', page: 'routes/books.tsx', command: 'books' },
  pool: { module: 'fleet', page: 'routes/overview.tsx', command: 'pool' },
  fleet: { module: 'fleet', page: 'routes/fleet.tsx', command: 'fleet' },
  lease: { module: 'lease', page: 'routes/leases.tsx', command: 'lease' },
  anchor: { module: 'lease', page: 'routes/leases.tsx', command: 'anchor' },
  model: { module: 'catalog', page: 'routes/models.tsx', command: 'model' },
  deployment: { module: 'serving', page: 'routes/models.tsx', command: 'deployment' },
  event: { module: 'platform', page: 'routes/overview.tsx', command: 'event' },
  system: { module: 'platform', page: 'routes/overview.tsx', command: 'system' },
  audit_event: { module: 'audit', page: 'routes/audit.tsx', command: 'audit' },
}
