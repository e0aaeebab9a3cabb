/** The nodes of a fleet, from a short form such as 287x8 or from a file with a row for each node. */
import { readFileSync } from 'node:fs'

const COLUMNS = ['gpu_capacity_num', 'gpu', 'gpus']
const GPUS_MAX = 1_024

/** GPUs of each node; nodes without any are left out. */
export function readFleet(fleet: string): readonly number[] {
  const short = /^(\d{1,6})x(\d{1,4})$/.exec(fleet)
  if (short) return Array.from({ length: Number(short[1]) }, () => Number(short[2]))
  const [header = '', ...lines] = readFileSync(fleet, 'utf8').trim().split(/\r?\n/)
  const names = header.split(',').map((name) => name.trim())
  const at = names.findIndex((name) => COLUMNS.includes(name))
  if (at < 0)
    throw new Error(`${fleet}: row 1, field header: there is no column ${COLUMNS.join(', ')}`)
  return lines
    .map((line, row) => {
      const text = line.split(',')[at]?.trim() ?? ''
      const gpus = text === '' ? Number.NaN : Number(text)
      if (!Number.isInteger(gpus) || gpus < 0 || gpus > GPUS_MAX)
        throw new Error(
          `${fleet}: row ${row + 2}, field ${names[at]}: ${JSON.stringify(text)} is not a number of GPUs from 0 to ${GPUS_MAX}`,
        )
      return gpus
    })
    .filter((gpus) => gpus > 0)
}
