/** Which targets a typed text means, best first. Pure. */

interface Named {
  readonly id: string
  readonly name: string
  readonly hint: string
}

/** Lower is better; null means that a word of the text occurs nowhere. */
function score(target: Named, words: readonly string[]): number | null {
  const name = target.name.toLowerCase()
  const rest = `${target.hint} ${target.id}`.toLowerCase()
  let total = 0
  for (const word of words) {
    if (name.startsWith(word)) total += 0
    else if (new RegExp(`\\b${escapePattern(word)}`).test(name)) total += 1
    else if (name.includes(word)) total += 2
    else if (rest.includes(word)) total += 3
    else return null
  }
  return total
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/** Every word must occur in the name, the hint or the id; the order of equals stays. */
export function rankTargets<T extends Named>(targets: readonly T[], text: string): readonly T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return targets
    .flatMap((target) => {
      const points = score(target, words)
      return points === null ? [] : [{ target, points }]
    })
    .toSorted((left, right) => left.points - right.points)
    .map(({ target }) => target)
}
