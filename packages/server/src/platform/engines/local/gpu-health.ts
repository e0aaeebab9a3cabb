/**
 * Reads how GPUs are from what `nvidia-smi --query-gpu=… --format=csv` prints, and says which must not be sold. Pure.
 * The fields are those of `nvidia-smi --help-query-gpu`; a driver that does not know one answers with a failure, and then
 * only what the listing tells is known.
 */
import type { SlotFault } from '#platform/engines/engine.ts'
import { type Gpu, type ProgramResult, readRows } from './nvidia-smi.ts'
import { busPlace, type Xid } from './xid-log.ts'

export const GPU_HEALTH_ARGUMENTS = [
  '--query-gpu=index,uuid,retired_pages.pending,clocks_throttle_reasons.hw_thermal_slowdown,clocks_throttle_reasons.hw_power_brake_slowdown',
  '--format=csv',
] as const

export interface GpuHealth {
  readonly index: number
  /** Pages of memory wait to be retired, for which the driver has to be loaded anew. */
  readonly hasPagesPending: boolean
  /** The hardware itself slows the clocks down: it is too hot, or the power supply asked for it. */
  readonly isTooHot: boolean
  readonly isPowerBraked: boolean
}

/** Empty when it failed: nothing is known, which is no fault. */
export function parseGpuHealth(result: ProgramResult): readonly GpuHealth[] {
  return (readRows(result) ?? []).flatMap((cell) => {
    const index = cell('index')
    if (!/^\d+$/.test(index)) return []
    return [
      {
        index: Number(index),
        hasPagesPending: cell('retired_pages.pending') === 'Yes',
        isTooHot: cell('clocks_throttle_reasons.hw_thermal_slowdown') === 'Active',
        isPowerBraked: cell('clocks_throttle_reasons.hw_power_brake_slowdown') === 'Active',
      },
    ]
  })
}

export interface GpuReadings {
  /** The GPUs that there were, in the order of their slots. */
  readonly known: readonly Gpu[]
  /** Those that are listed now. */
  readonly now: readonly Gpu[]
  readonly health: readonly GpuHealth[]
  /** What the kernel's log has against them, by place on the bus. */
  readonly xids: ReadonlyMap<string, Xid>
  /** The boot that the log counts from. */
  readonly bootId: string
}

function faultOf(gpu: Gpu, health: GpuHealth | undefined): string | null {
  if ((gpu.eccErrors ?? 0) > 0)
    return `${gpu.eccErrors} uncorrected memory ${gpu.eccErrors === 1 ? 'error' : 'errors'} since the driver was loaded`
  if (health?.hasPagesPending) return 'pages of its memory wait to be retired: reset it'
  if (health?.isTooHot) return 'it is too hot: the hardware slows it down'
  if (health?.isPowerBraked) return 'its power supply slows it down'
  return null
}

/** A slot is an index, so while one GPU is missing those behind it cannot be addressed by theirs. */
export function findFaults(readings: GpuReadings): readonly SlotFault[] {
  return [...listedFaults(readings), ...loggedFaults(readings)]
}

function xidOf({ busId }: Gpu, xids: GpuReadings['xids']): Xid | undefined {
  return busId ? xids.get(busPlace(busId)) : undefined
}

/** What the kernel's log told outlives the log: it is found again, or remembered by who asks. */
function loggedFaults({ known, now, xids, bootId }: GpuReadings): readonly SlotFault[] {
  const listed = new Map(now.map((gpu) => [gpu.uuid, gpu]))
  return known.flatMap((gpu, slot): SlotFault[] => {
    const xid = xidOf(listed.get(gpu.uuid) ?? gpu, xids)
    if (xid === undefined) return []
    const reason = `${xid.text}; the driver has to be loaded anew`
    return [{ slot, reason, reading: 'kernel_log', seenAt: { bootId, seconds: xid.seconds } }]
  })
}

function listedFaults({ known, now, health, xids }: GpuReadings): readonly SlotFault[] {
  const listed = new Map(now.map((gpu) => [gpu.uuid, gpu]))
  const missing = known.findIndex((gpu) => !listed.has(gpu.uuid))
  return known.flatMap((gpu, slot): SlotFault[] => {
    const seen = listed.get(gpu.uuid)
    if (!seen) {
      const why = xidOf(gpu, xids)?.text ?? 'it is off the bus'
      const reason = `nvidia-smi does not list it any more: ${why}`
      return [{ slot, reason, isLost: true }]
    }
    if (missing >= 0 && slot > missing)
      return [{ slot, reason: `it cannot be addressed while GPU ${missing} is missing` }]
    const own = health.find(({ index }) => index === seen.index)
    const reason = faultOf(seen, own)
    return reason === null ? [] : [{ slot, reason }]
  })
}
