/**
 * Guardrails in memory, ready to be applied. What was read last serves until it can be read again; until a first table
 * could be read nobody is answered, since a request that should have been looked at must not pass.
 */
import {
  type Guardrail,
  guardrailsFor,
  makeGuards,
  type ProjectGuards,
} from '#modules/guardrail/index.ts'
import type { Principal } from '#modules/identity/index.ts'

export interface GuardTableDeps {
  readonly load: () => Promise<readonly Guardrail[]>
  readonly onFailure: (failure: unknown) => void
}

export const UNGUARDED: ProjectGuards = { input: null, output: null }

export class GuardTable {
  readonly #deps: GuardTableDeps
  #guardrails: ReadonlyMap<string, readonly Guardrail[]> | null = null
  readonly #ready = new Map<string, ProjectGuards>()
  #refresh: Promise<void> | null = null
  #isStale = false

  constructor(deps: GuardTableDeps) {
    this.#deps = deps
  }

  /** What holds for whoever calls; null where nothing is known yet. */
  find({ organizationId, projectId }: Principal): ProjectGuards | null {
    if (this.#guardrails === null) return null
    const own = this.#guardrails.get(organizationId)
    if (own === undefined) return UNGUARDED
    const ready = this.#ready.get(projectId)
    if (ready) return ready
    const rails = guardrailsFor(own, projectId)
    const made = { input: makeGuards(rails, 'input'), output: makeGuards(rails, 'output') }
    this.#ready.set(projectId, made)
    return made
  }

  /** Says which guardrails hold for a project: another text where others do. */
  versionOf({ organizationId, projectId }: Principal): string {
    const own = this.#guardrails?.get(organizationId) ?? []
    return JSON.stringify(guardrailsFor(own, projectId))
  }

  /** Reads the table again; what changes meanwhile is read once more after it. */
  refresh(): Promise<void> {
    this.#isStale = true
    this.#refresh ??= this.#readUntilFresh().finally(() => {
      this.#refresh = null
    })
    return this.#refresh
  }

  async #readUntilFresh(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      try {
        const guardrails = await this.#deps.load()
        this.#guardrails = Map.groupBy(guardrails, ({ organizationId }) => organizationId)
        this.#ready.clear()
      } catch (failure) {
        this.#deps.onFailure(failure)
      }
    }
  }
}
