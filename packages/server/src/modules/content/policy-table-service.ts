/** What projects let be kept, in a gateway's memory. What is not known is not kept. */
import type { ContentPolicy } from './policy.ts'

export interface PolicyTableDeps {
  readonly load: () => Promise<readonly ContentPolicy[]>
  readonly onFailure: (failure: unknown) => void
}

export class PolicyTable {
  readonly #deps: PolicyTableDeps
  #policies: ReadonlyMap<string, ContentPolicy> = new Map()
  #running: Promise<void> | null = null
  #isStale = false

  constructor(deps: PolicyTableDeps) {
    this.#deps = deps
  }

  /** Undefined for nearly all: nothing of the project's is kept. */
  find(projectId: string): ContentPolicy | undefined {
    return this.#policies.get(projectId)
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
        const policies = await this.#deps.load()
        this.#policies = new Map(policies.map((each) => [each.projectId, each]))
      } catch (failure) {
        this.#deps.onFailure(failure)
      }
    }
  }
}
