/** Limits in memory, by organization. An old table serves until a new one could be read; nobody has none before that. */

export interface LimitTableDeps<Row> {
  readonly load: () => Promise<readonly Row[]>
  readonly onFailure: (failure: unknown) => void
}

/** Null: of everybody. */
interface OfOrganization {
  readonly organizationId: string | null
}

export class LimitTable<Row extends OfOrganization> {
  readonly #deps: LimitTableDeps<Row>
  #rows: ReadonlyMap<string, readonly Row[]> | null = null
  #ofEverybody: readonly Row[] | null = null
  #running: Promise<void> | null = null
  #isStale = false

  constructor(deps: LimitTableDeps<Row>) {
    this.#deps = deps
  }

  /** False until a first table could be read: then the absence of a limit says nothing. */
  get isLoaded(): boolean {
    return this.#rows !== null
  }

  /** Null where an organization has none. */
  find(organizationId: string): readonly Row[] | null {
    return this.#rows?.get(organizationId) ?? this.#ofEverybody
  }

  /** Reads the table again, and once more if it is asked for meanwhile. */
  refresh(): Promise<void> {
    this.#isStale = true
    this.#running ??= this.#read().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #read(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      try {
        this.#take(await this.#deps.load())
      } catch (failure) {
        this.#deps.onFailure(failure)
      }
    }
  }

  #take(rows: readonly Row[]): void {
    const shared = rows.filter(({ organizationId }) => organizationId === null)
    const own = Map.groupBy(
      rows.filter(({ organizationId }) => organizationId !== null),
      ({ organizationId }) => organizationId ?? '',
    )
    this.#ofEverybody = shared.length === 0 ? null : shared
    this.#rows = new Map([...own].map(([id, each]) => [id, [...each, ...shared]]))
  }
}
