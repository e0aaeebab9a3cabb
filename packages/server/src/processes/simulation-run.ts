/** Starts the thread of a simulation, so that the API answers while it computes, and keeps what it says. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Plan, PlanRun, RunEnd } from '#modules/simulation/index.ts'

type Message =
  | { readonly kind: 'progress'; readonly progress: number }
  | Extract<RunEnd, { readonly kind: 'done' }>

/** Memory of one simulation; one that needs more fails, and the server lives. */
const HEAP_MIB_MAX = 2_048

export function startPlanRun(plan: Plan): PlanRun {
  let progress = 0
  let end: RunEnd | null = null
  const worker = new Worker(join(import.meta.dirname, 'simulation-program.ts'), {
    workerData: plan,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  })
  worker.unref()
  worker.on('message', (message: Message) => {
    if (message.kind === 'progress') progress = message.progress
    else end = message
  })
  worker.on('error', (error) => {
    end ??= { kind: 'failed', text: `The simulation broke off: ${error.message}` }
  })
  worker.on('exit', (code) => {
    end ??= { kind: 'failed', text: `The simulation ended with code ${code} and no result.` }
  })
  return {
    progress: () => progress,
    end: () => end,
    stop: async () => {
      await worker.terminate()
    },
  }
}
