/** How people write what a lease asks for, `8` or with the accelerator `H100:8`. Pure. */

export interface GpuWish {
  readonly gpus: number
  readonly accelerator?: string
}

const GPUS_MAX = 100_000

/** Null for what asks for nothing, or for more than any lease may have. */
export function parseGpuWish(text: string): GpuWish | null {
  const [, accelerator, count = ''] = /^(?:([^:]{1,120}):)?(\d{1,6})$/.exec(text.trim()) ?? []
  const gpus = Number(count)
  if (count === '' || gpus < 1 || gpus > GPUS_MAX) return null
  return { gpus, ...(accelerator === undefined ? {} : { accelerator }) }
}
