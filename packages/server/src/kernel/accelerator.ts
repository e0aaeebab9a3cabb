/** Whether an accelerator is the one that somebody names. */

function tokensOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}

/** `H100` is found in `NVIDIA H100 80GB HBM3`; `a100-80gb` needs both of its words. */
export function isAccelerator(asked: string, accelerator: string): boolean {
  const known = new Set(tokensOf(accelerator))
  const words = tokensOf(asked)
  return words.length > 0 && words.every((word) => known.has(word))
}
