/**
 * An engine that always answers in time, if only by failing: each call has a limit, and while several calls hang, new
 * ones fail at once. One engine that hangs can then not keep the controller from the others. What was called may still
 * take effect later; every call of the contract may be repeated.
 */
import type { Engine } from './engine.ts'

export interface EngineLimits {
  readonly answerWithinMs: number
  /** A call that takes longer than this counts as hanging. */
  readonly slowAfterMs: number
  /** While so many hang, new calls fail at once. */
  readonly hangingMax: number
}

/** The engine did not answer, so nothing is known. */
export class EngineSilent extends Error {
  override readonly name = 'EngineSilent'
}

type Guard = <Result>(what: string, call: () => Promise<Result>) => Promise<Result>

function createGuard(name: string, limits: EngineLimits): Guard {
  const hanging = new Set<symbol>()
  return (what, call) => {
    if (hanging.size >= limits.hangingMax)
      return Promise.reject(
        new EngineSilent(`the engine ${name} does not answer: ${hanging.size} calls hang`),
      )
    return new Promise((resolve, reject) => {
      const id = Symbol(what)
      const slow = setTimeout(() => hanging.add(id), limits.slowAfterMs)
      const limit = setTimeout(() => {
        const waited = `${limits.answerWithinMs / 1000} s`
        reject(new EngineSilent(`the engine ${name} did not answer ${what} within ${waited}`))
      }, limits.answerWithinMs)
      const end = () => {
        clearTimeout(slow)
        clearTimeout(limit)
        hanging.delete(id)
      }
      call().then(resolve, reject).finally(end)
    })
  }
}

export function guardEngine(engine: Engine, limits: EngineLimits): Engine {
  const guard = createGuard(engine.name, limits)
  // Files that are there can be read, and removed, while everything else hangs.
  const guardFiles = createGuard(engine.name, limits)
  const { prepareImage } = engine
  return {
    name: engine.name,
    ...(prepareImage
      ? { prepareImage: (wanted) => guard('image', () => prepareImage(wanted)) }
      : {}),
    watch: (listener) => engine.watch(listener),
    inventory: () => guard('inventory', () => engine.inventory()),
    admit: (admission) => guard('admit', () => engine.admit(admission)),
    warn: (attemptId, warning) => guard('warn', () => engine.warn(attemptId, warning)),
    notify: (attemptId, notice) => guard('notify', () => engine.notify(attemptId, notice)),
    stop: (attemptId, graceMs) => guard('stop', () => engine.stop(attemptId, graceMs)),
    observe: (attemptId) => guard('observe', () => engine.observe(attemptId)),
    confirmGone: (attemptId) => guard('confirmGone', () => engine.confirmGone(attemptId)),
    list: () => guard('list', () => engine.list()),
    foreign: () => guard('foreign', () => engine.foreign()),
    drain: (node, reason) => guard('drain', () => engine.drain(node, reason)),
    resume: (node) => guard('resume', () => engine.resume(node)),
    usage: (sinceMs) => guard('usage', () => engine.usage(sinceMs)),
    forget: (attemptId) => guard('forget', () => engine.forget(attemptId)),
    address: (attemptId) => guard('address', () => engine.address(attemptId)),
    log: (attemptId) => guardFiles('log', () => engine.log(attemptId)),
    artifacts: (attemptId) => guardFiles('artifacts', () => engine.artifacts(attemptId)),
    discard: (attemptId) => guardFiles('discard', () => engine.discard(attemptId)),
  }
}
