/** What the owner's organizations want, as a policy may know it: now, and the greatest of each hour so far. */
import type { Workload } from '../job.ts'

const HOUR_S = 3_600

export class DemandLog {
  /** By organization: the greatest demand of each complete hour, oldest first. */
  readonly byOrganization: readonly number[][]
  /** The same over all. */
  readonly hours: number[]
  readonly now: number[]
  total = 0
  readonly #greatest: number[]
  #greatestTotal = 0
  #hourEndS = HOUR_S
  #hourOfWeek: number

  constructor({ history, organizations, hourOfWeek }: Workload) {
    this.byOrganization = organizations.map((_, index) => [...(history[index] ?? [])])
    const hours = Math.max(0, ...history.map((row) => row.length))
    this.hours = Array.from({ length: hours }, (_, hour) =>
      history.reduce((sum, row) => sum + (row[hour] ?? 0), 0),
    )
    this.now = organizations.map(() => 0)
    this.#greatest = organizations.map(() => 0)
    this.#hourOfWeek = hourOfWeek
  }

  /** The hour of the week that is not complete yet. */
  get hourOfWeek(): number {
    return this.#hourOfWeek
  }

  change(organization: number, gpus: number): void {
    const now = (this.now[organization] ?? 0) + gpus
    this.now[organization] = now
    this.total += gpus
    if (now > (this.#greatest[organization] ?? 0)) this.#greatest[organization] = now
    if (this.total > this.#greatestTotal) this.#greatestTotal = this.total
  }

  advance(nowS: number): void {
    while (nowS >= this.#hourEndS) {
      for (const [index, row] of this.byOrganization.entries()) {
        row.push(this.#greatest[index] ?? 0)
        this.#greatest[index] = this.now[index] ?? 0
      }
      this.hours.push(this.#greatestTotal)
      this.#greatestTotal = this.total
      this.#hourEndS += HOUR_S
      this.#hourOfWeek = (this.#hourOfWeek + 1) % 168
    }
  }
}
