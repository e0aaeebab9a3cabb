/** Puts the figures of several gateways into one text for Prometheus. Each keeps its own series, so that a restart is seen. */

interface Family {
  readonly head: string[]
  readonly samples: string[]
}

const HEAD = /^# (?:HELP|TYPE) (\S+)/
/** A metric's name, and the labels if there are any. */
const SAMPLE = /^([^{\s]+)(\{?)/

/** `texts` by gateway, whose name becomes a label. */
export function mergeExpositions(texts: ReadonlyMap<string, string>): string {
  const families = new Map<string, Family>()
  for (const [gateway, text] of texts) {
    const known = new Set(families.keys())
    let family: Family = { head: [], samples: [] }
    for (const line of text.split('\n').filter(Boolean)) {
      const name = HEAD.exec(line)?.[1]
      if (name === undefined) {
        family.samples.push(label(line, gateway))
        continue
      }
      family = families.get(name) ?? { head: [], samples: [] }
      families.set(name, family)
      if (!known.has(name)) family.head.push(line)
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples])
  return `${lines.join('\n')}\n`
}

function label(line: string, gateway: string): string {
  return line.replace(SAMPLE, (_, name: string, brace: string) =>
    brace === '' ? `${name}{gateway="${gateway}"}` : `${name}{gateway="${gateway}",`,
  )
}
