/**
 * What a real fleet does by itself, done on purpose: nodes lost, GPUs that fail, an engine that does not answer, work of
 * the owner's people. Each stands in the journal when it resolves, so it outlives whoever did it.
 */
import { randomUUID } from 'node:crypto'
import type { ForeignJob, WorkFate } from './event.ts'
import type { RunningCluster } from './running-cluster.ts'

export interface ClusterControls {
  /** The node does not answer any more. `goes_on` is a cut cable: the work lives, and nobody sees it. */
  readonly loseNode: (
    node: string,
    options?: { readonly reason?: string; readonly work?: WorkFate },
  ) => Promise<void>
  readonly bringNodeBack: (node: string) => Promise<void>
  readonly failSlot: (
    slot: { readonly node: string; readonly slot: number },
    options?: { readonly reason?: string; readonly work?: WorkFate },
  ) => Promise<void>
  readonly mendSlot: (slot: { readonly node: string; readonly slot: number }) => Promise<void>
  /** From now on the engine throws, or says unknown. */
  readonly failEngine: (reason?: string) => Promise<void>
  readonly bringEngineBack: () => Promise<void>
  /** Every answer takes so long; 0 ends it. */
  readonly slowDown: (answerMs: number) => Promise<void>
  /** A job of the owner's people. Resolves with its run id. */
  readonly submitForeign: (
    job: Pick<ForeignJob, 'nodes' | 'gpusPerNode'> & Partial<ForeignJob>,
  ) => Promise<string>
  readonly endForeign: (runId: string) => Promise<void>
}

type Happening = Parameters<RunningCluster['happen']>[0]

export function createControls(running: RunningCluster): ClusterControls {
  const happen = async (event: Happening) => {
    running.happen(event)
    await running.sync()
  }
  return {
    loseNode: (node, { reason = 'it does not answer', work = 'dies' } = {}) =>
      happen({ type: 'node_lost', node, reason, work }),
    bringNodeBack: (node) => happen({ type: 'node_back', node }),
    failSlot: (
      { node, slot },
      { reason = 'Xid 79: the GPU has fallen off the bus', work = 'dies' } = {},
    ) => happen({ type: 'slot_failed', node, slot, reason, work }),
    mendSlot: ({ node, slot }) => happen({ type: 'slot_mended', node, slot }),
    failEngine: (reason = 'its controller is down') => happen({ type: 'engine_failed', reason }),
    bringEngineBack: () => happen({ type: 'engine_back' }),
    slowDown: (answerMs) => happen({ type: 'slowed', answerMs }),
    submitForeign: async (job) => {
      const runId = job.runId ?? randomUUID().slice(0, 8)
      const spec = {
        name: 'work',
        user: 'ada',
        account: 'research',
        durationMs: null,
        timeLimitMs: null,
      }
      await happen({ type: 'foreign_submitted', job: { ...spec, ...job, runId } })
      return runId
    },
    endForeign: (runId) => happen({ type: 'foreign_ended', runId }),
  }
}
