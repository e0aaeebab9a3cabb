/** How people write what a lease asks for, `8` or with the accelerator `H100:8`, and what is meant by it. Pure. */

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

function tokensOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}

/** `H100` is found in `NVIDIA H100 80GB HBM3`; `a100-80gb` needs both of its words. */
export function isAccelerator(asked: string, accelerator: string): boolean {
  const known = new Set(tokensOf(accelerator))
  const words = tokensOf(asked)
  return words.length > 0 && words.every((word) => known.has(word))
}
