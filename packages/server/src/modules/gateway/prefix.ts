/**
 * Which server saw the beginning of a prompt before: conversations that begin alike go to the same one, whose cache
 * then holds it, unless it has more to do than its share. No memory of prompts is kept for it. Pure.
 */
import { isObject } from './json.ts'

/** Of the beginning of a conversation so much counts. */
const CHARACTERS_MAX = 2048

/** The beginning of what a model will read, in whatever field a dialect has it; enough of it to tell beginnings apart. */
export function beginningOf(body: Readonly<Record<string, unknown>>): string {
  let text = ''
  const take = (value: unknown): void => {
    if (text.length >= CHARACTERS_MAX) return
    if (typeof value === 'string') text += value.slice(0, CHARACTERS_MAX)
    else if (Array.isArray(value)) for (const each of value) take(each)
    else if (isObject(value)) for (const name in value) take(value[name])
  }
  for (const field of ['system', 'instructions', 'tools', 'messages', 'prompt', 'input'])
    take(body[field])
  return text.slice(0, CHARACTERS_MAX)
}

/** FNV-1a with a last mixing: spreads well enough to choose a server by, and nothing secret depends on it. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

interface Homed {
  readonly id: string
  readonly weight: number
  /** Requests that it has, waiting or running. */
  readonly busy: number
}

/** No server is given more than so much of its fair share. */
const BOUND = 1.25

/**
 * The index of the home of a beginning. Each server draws a lot by hash, the highest wins: when one comes or goes, only
 * what was its own moves. One that has more to do than its bound passes on to the next.
 */
export function homeOf(prefix: number, servers: readonly Homed[]): number {
  const lots = servers.map(({ id, weight }, index) => {
    const lot = (hashOf(`${prefix}/${id}`) + 1) / 2 ** 32
    return { index, rank: -Math.log(lot) / weight }
  })
  const weights = servers.reduce((sum, { weight }) => sum + weight, 0)
  const busy = servers.reduce((sum, each) => sum + each.busy, 1)
  const boundOf = ({ weight }: Homed) => Math.ceil((BOUND * busy * weight) / weights)
  const inOrder = lots.toSorted((a, b) => a.rank - b.rank)
  const free = inOrder.find(({ index }) => {
    const server = servers[index]
    return server !== undefined && server.busy + 1 <= boundOf(server)
  })
  return (free ?? inOrder[0])?.index ?? 0
}
