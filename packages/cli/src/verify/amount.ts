/** Amounts of the log as whole picos: exact, and never a double. Pure. */

const DECIMALS = 12

export function picosOf(text: string): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
  const value = BigInt(whole + fraction.padEnd(DECIMALS, '0'))
  return text.startsWith('-') ? -value : value
}

export function renderPicos(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(DECIMALS + 1, '0')
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '')
  const text = `${digits.slice(0, -DECIMALS)}${fraction === '' ? '' : `.${fraction}`}`
  return value < 0n ? `-${text}` : text
}

/** Divided and rounded up. */
export function ceilingOf(product: bigint, by: bigint): bigint {
  return (product + by - 1n) / by
}

export function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
