/** The options that say on what, and where, a lease may run. */
import { type GpuWish, parseGpuWish } from '@spillway/contract'
import { InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from '../parse/option-values.ts'

export interface PlaceOptions {
  readonly gpus: GpuWish
  readonly nodes?: number
  readonly pool?: string
  readonly site?: string
  readonly region?: string
  readonly jurisdiction?: string
  readonly fabric?: 'same' | 'any'
}

export function placeOptions(): readonly Option[] {
  return [
    new Option('--gpus <[accelerator:]n>', 'how many GPUs in all, and of which: 8, or H100:8')
      .argParser(gpuWish)
      .default({ gpus: 1 }, '1'),
    new Option('--nodes <n>', 'over how many nodes; default: as few as it takes').argParser(
      wholeNumber({ least: 1, most: 10_000 }),
    ),
    new Option('--fabric <which>', 'whether all its nodes must be on one fabric').choices([
      'same',
      'any',
    ]),
    new Option('--pool <name>', 'which pool; default: the first with room of those that fit'),
    new Option('--site <name>', 'at which site'),
    new Option('--region <name>', 'in which region'),
    new Option('--jurisdiction <name>', 'under whose law'),
  ]
}

export function gpuWish(text: string): GpuWish {
  const wish = parseGpuWish(text)
  if (wish === null) throw new InvalidArgumentError('Write a number of GPUs, such as 8, or H100:8.')
  return wish
}

/** The fields of the request body. */
export function placeBody({ gpus, nodes, pool, site, region, jurisdiction, fabric }: PlaceOptions) {
  return {
    ...gpus,
    ...(nodes === undefined ? {} : { nodes }),
    ...(pool === undefined ? {} : { pool }),
    ...(site === undefined ? {} : { site }),
    ...(region === undefined ? {} : { region }),
    ...(jurisdiction === undefined ? {} : { jurisdiction }),
    ...(fabric === undefined ? {} : { fabric }),
  }
}
