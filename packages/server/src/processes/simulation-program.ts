/** The thread of one simulation: runs the plan that it is handed, tells how far it is, and hands back what comes out. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Plan, runScenarioPlan } from '#modules/simulation/index.ts'

function tell(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort?.postMessage(message)
}

const result = runScenarioPlan(workerData as Plan, (progress) => {
  tell({ kind: 'progress', progress })
})
tell({ kind: 'done', result })
