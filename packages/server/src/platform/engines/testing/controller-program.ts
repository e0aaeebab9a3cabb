/**
 * A controller that does what it is ordered and then dies by SIGKILL, as a process of its own: the conformance suite
 * kills one in every state of a lease. Arguments: module, export, its argument and the orders as JSON.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Admission, Engine, Notice } from '#platform/engines/engine.ts'
import { untilGone, untilRunning } from './bench.ts'

export type Order =
  | { readonly kind: 'admit'; readonly admission: Admission }
  /** Does not wait for it to be durable. */
  | { readonly kind: 'begin_admit'; readonly admission: Admission; readonly dieAfterMs: number }
  | { readonly kind: 'await_running' | 'await_gone' | 'forget'; readonly attemptId: string }
  | { readonly kind: 'notify'; readonly attemptId: string; readonly notice: Notice }
  | { readonly kind: 'stop'; readonly attemptId: string; readonly graceMs: number }

async function follow(engine: Engine, order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'admit':
      return engine.admit(order.admission)
    case 'begin_admit':
      engine.admit(order.admission).catch(() => {})
      return pause(order.dieAfterMs)
    case 'await_running':
      return untilRunning(engine, order.attemptId)
    case 'await_gone':
      return untilGone(engine, order.attemptId)
    case 'forget':
      return engine.forget(order.attemptId)
    case 'notify':
      return engine.notify(order.attemptId, order.notice)
    case 'stop':
      return engine.stop(order.attemptId, order.graceMs)
  }
}

const [module = '', make = '', argument = 'null', orders = '[]'] = process.argv.slice(2)
const parts = (await import(module)) as Record<string, (argument: unknown) => Engine>
const engine = parts[make]?.(JSON.parse(argument))
if (engine === undefined) throw new Error(`${module} has no export ${make} that makes an engine`)
for (const order of JSON.parse(orders) as Order[]) await follow(engine, order)
process.kill(process.pid, 'SIGKILL')
