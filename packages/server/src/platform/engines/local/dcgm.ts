/**
 * Asks NVIDIA's DCGM of this machine how its GPUs are, where its program is there. It runs no diagnostic: what its
 * background watches have found is read, in a moment. Where it is not there nothing is read, and that is no fault.
 */
import { slotsOf } from '#platform/engines/dcgm/dcgm-finding.ts'
import {
  DCGM_HEALTH_WORDS,
  readDcgmCards,
  readDcgmHealth,
} from '#platform/engines/dcgm/dcgm-health.ts'
import type { NodeInventory, SlotFault } from '#platform/engines/engine.ts'
import type { Gpu, ProgramResult } from './nvidia-smi.ts'

type Readings = NonNullable<NodeInventory['readings']>

export interface DcgmAnswer {
  readonly faults: readonly SlotFault[]
  readonly readings: Readings
}

const NOT_THERE: DcgmAnswer = { faults: [], readings: [] }

/** Runs DCGM's program; null where there is none. */
export type AskDcgm = (words: readonly string[]) => Promise<ProgramResult | null>

/** `known`: the GPUs in the order of their slots. */
export async function readDcgm(ask: AskDcgm, known: readonly Gpu[]): Promise<DcgmAnswer> {
  const answer = await ask(DCGM_HEALTH_WORDS)
  if (answer === null) return NOT_THERE
  const because =
    answer.exitCode === 0
      ? ''
      : answer.exitCode === null
        ? 'it gave no answer in time: '
        : `it ended with code ${answer.exitCode}: `
  const health = readDcgmHealth(answer.stdout)
  const fail = (why: string) => ({
    faults: [],
    readings: [{ reading: 'dcgm' as const, unread: `dcgmi health: ${because}${why}` }],
  })
  if (health.kind === 'unread') return fail(health.why)
  if (answer.exitCode !== 0) return fail('what it printed before is not believed')
  const cards = health.findings.length === 0 ? null : await ask(['discovery', '--list'])
  const uuids = readDcgmCards(cards?.stdout ?? '')
  const slots = slotsOf(health.findings, {
    slotCount: known.length,
    slotOfGpu: (id) => {
      const slot = known.findIndex(({ uuid }) => uuid === uuids.get(id))
      return slot < 0 ? null : slot
    },
    from: 'warning',
  })
  if (slots.kind === 'unread') return fail(slots.why)
  return {
    faults: slots.faults.map((fault) => ({ ...fault, reading: 'dcgm' })),
    readings: [{ reading: 'dcgm', unread: null }],
  }
}
