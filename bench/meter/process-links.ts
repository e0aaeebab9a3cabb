/** What the benchmark's processes are told, and how they tell what they did. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Offer } from './events.ts'

/** To a writer: append events of `perSecond`, numbered from 0, until killed or told to end. */
export interface WriterOrder {
  readonly directory: string
  /** Names the journal and stands in every id. */
  readonly writer: number
  readonly perSecond: number
  /** Of every so many events one is first recorded as progress, as a stream would. */
  readonly progressEvery: number
  readonly offer: Offer
}

/** To a shipper: ship this directory into this database. A writer is alive while its number is in `alive`. */
export interface ShipperOrder {
  readonly directory: string
  readonly databaseUrl: string
}

export function journalName(writer: number): string {
  return `gw_${writer}`
}

/** Starts one of this folder's programs and gives it its order over IPC. */
export function startProgram(file: string, order: WriterOrder | ShipperOrder): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, file)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  child.send(order)
  return child
}

/** The first message of the parent, without whom the program ends. */
export function hearOrder<Order>(): Promise<Order> {
  process.once('disconnect', () => process.exit())
  return new Promise((resolve) => process.once('message', (order) => resolve(order as Order)))
}
