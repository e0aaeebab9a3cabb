/** Reads what a check printed, where the fleet file says that it is what NVIDIA's DCGM prints. */
import { readFile, stat } from 'node:fs/promises'
import { readDcgmDiag } from '#platform/engines/dcgm/dcgm-diag.ts'
import { type DcgmSlots, slotsOf, unread } from '#platform/engines/dcgm/dcgm-finding.ts'
import type { Engine } from '#platform/engines/engine.ts'
import { CHECK_OUTPUT_BYTES_MAX } from '../../limits.ts'

/** DCGM numbers GPUs as the driver lists them, and so do the slots of a node. */
export function dcgmSlotsIn(printed: string, slotCount: number): DcgmSlots {
  const reading = readDcgmDiag(printed)
  if (reading.kind === 'unread') return reading
  const slotOfGpu = (id: number) => (id < slotCount ? id : null)
  return slotsOf(reading.findings, { slotCount, slotOfGpu, from: 'failure' })
}

export async function readDcgmOutput(
  engine: Engine,
  attempt: string,
  slotCount: number,
): Promise<DcgmSlots> {
  const found = await engine.log(attempt)
  if (found === null) return unread('there is nothing')
  if ((await stat(found.path)).size > CHECK_OUTPUT_BYTES_MAX)
    return unread('there is too much of it')
  return dcgmSlotsIn(await readFile(found.path, 'utf8'), slotCount)
}
