/**
 * Lines of requests that used nothing, on their way into the database: a bounded queue in which no project takes the
 * room of another. What finds no room is counted by project, and the count is kept until it is written. Pure state.
 */

interface Whose {
  readonly organizationId: string
  readonly projectId: string
}

export interface WaitingLine extends Whose {
  readonly line: string
}

/** Requests of a project that have no line. */
export interface Omission extends Whose {
  readonly requests: number
}

export interface LineBatch {
  readonly lines: readonly WaitingLine[]
  readonly omitted: readonly Omission[]
}

export interface WaitingBounds {
  /** Lines that wait, of all projects. */
  readonly waitingMax: number
  /** Of one project: so many at once, and then so many a second. */
  readonly burst: number
  readonly perSecond: number
  readonly projectsMax: number
}

interface Allowance {
  left: number
  atMs: number
}

export class WaitingLines {
  readonly #bounds: WaitingBounds
  readonly #allowances = new Map<string, Allowance>()
  #waiting: WaitingLine[] = []
  #omitted = new Map<string, Omission>()

  constructor(bounds: WaitingBounds) {
    this.#bounds = bounds
  }

  /** False: there is no room, and it is only counted. A line is not made before there is. */
  add({ organizationId, projectId }: Whose, render: () => string, nowMs: number): boolean {
    const hasRoom = this.#waiting.length < this.#bounds.waitingMax && this.#spend(projectId, nowMs)
    if (hasRoom) this.#waiting.push({ organizationId, projectId, line: render() })
    else this.#omit({ organizationId, projectId, requests: 1 })
    return hasRoom
  }

  /** What is to be written now; null: nothing. */
  take(nowMs: number): LineBatch | null {
    this.#forgetIdle(nowMs)
    if (this.#waiting.length === 0 && this.#omitted.size === 0) return null
    const batch = { lines: this.#waiting, omitted: [...this.#omitted.values()] }
    this.#waiting = []
    this.#omitted = new Map()
    return batch
  }

  /** It could not be written: it waits again, before what came meanwhile. */
  giveBack({ lines, omitted }: LineBatch): void {
    const all = [...lines, ...this.#waiting]
    const { waitingMax } = this.#bounds
    this.#waiting = all.slice(0, waitingMax)
    for (const { organizationId, projectId } of all.slice(waitingMax))
      this.#omit({ organizationId, projectId, requests: 1 })
    for (const each of omitted) this.#omit(each)
  }

  #spend(projectId: string, nowMs: number): boolean {
    const { burst, perSecond, projectsMax } = this.#bounds
    let allowance = this.#allowances.get(projectId)
    if (!allowance) {
      if (this.#allowances.size >= projectsMax) return false
      allowance = { left: burst, atMs: nowMs }
      this.#allowances.set(projectId, allowance)
    }
    const earned = ((nowMs - allowance.atMs) / 1000) * perSecond
    allowance.left = Math.min(burst, allowance.left + earned)
    allowance.atMs = nowMs
    if (allowance.left < 1) return false
    allowance.left -= 1
    return true
  }

  #omit({ organizationId, projectId, requests }: Omission): void {
    const before = this.#omitted.get(projectId)?.requests ?? 0
    this.#omitted.set(projectId, { organizationId, projectId, requests: before + requests })
  }

  /** A project that has its whole burst again is as one never seen. */
  #forgetIdle(nowMs: number): void {
    const { burst, perSecond } = this.#bounds
    for (const [projectId, { left, atMs }] of this.#allowances)
      if (left + ((nowMs - atMs) / 1000) * perSecond >= burst) this.#allowances.delete(projectId)
  }
}
