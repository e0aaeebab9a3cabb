/** What block is looked for, as it stands in the address, and the question to the server that it is. Pure. */
import { type BlockOffering, parseGpuWish } from '@spillway/contract'
import type { CallInput } from '../../api/client.ts'

export interface BlockSearch {
  readonly gpus?: string | undefined
  readonly nodes?: string | undefined
  readonly pool?: string | undefined
  /** A full hour of UTC, as `2026-01-31T14:00`. */
  readonly from?: string | undefined
  readonly hours?: string | undefined
}

const HOURS_MAX = 672
const HOUR = /^\d{4}-\d{2}-\d{2}T\d{2}:00$/

function isCount(text: string, most: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most
}

/** What is wrong with it, by field; nothing where it can be asked. */
export function faultsOf({ gpus = '', nodes = '', from = '', hours = '' }: BlockSearch) {
  const faults: { gpus?: string; nodes?: string; from?: string; hours?: string } = {}
  if (gpus !== '' && parseGpuWish(gpus) === null) faults.gpus = 'Write a number, or H100:8.'
  if (nodes !== '' && !isCount(nodes, 10_000)) faults.nodes = 'Write a whole number.'
  if (from !== '' && !HOUR.test(from)) faults.from = 'Choose a full hour.'
  if (hours !== '' && !isCount(hours, HOURS_MAX))
    faults.hours = `Write whole hours, up to ${HOURS_MAX}.`
  return faults
}

export function toQuery(search: BlockSearch): CallInput<'listBlockOfferings'> {
  const { gpus = '', nodes = '', pool = '', from = '', hours = '' } = search
  const wish = parseGpuWish(gpus) ?? { gpus: 1 }
  return {
    query: {
      ...wish,
      ...(nodes === '' ? {} : { nodes: Number(nodes) }),
      ...(pool === '' ? {} : { pool }),
      ...(from === '' ? {} : { startsAt: `${from}:00Z` }),
      hours: hours === '' ? 24 : Number(hours),
    },
  }
}

const DIFFERENCES: Readonly<Record<BlockOffering['differs'][number], string>> = {
  pool: 'another pool',
  start: 'another start',
  length: 'fewer hours',
  gpus: 'fewer GPUs',
}

/** What is not as asked, and what is in the way. */
export function remarksOf({ differs, isAffordable }: BlockOffering): readonly string[] {
  return [
    ...differs.map((each) => DIFFERENCES[each]),
    ...(isAffordable ? [] : ['more than your balance can hold']),
  ]
}
