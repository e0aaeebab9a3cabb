/** Kills one part after another, at random moments. */
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

const EVERY_MS = [300, 2500] as const

export type Victims = Readonly<Record<string, () => Promise<void>>>

/** Each kind in turn and then at random; returns how often each was hit. */
export async function rage(
  victims: Victims,
  kills: number,
  everyMs: readonly [least: number, most: number] = EVERY_MS,
): Promise<Readonly<Record<string, number>>> {
  const names = Object.keys(victims)
  const counts = Object.fromEntries(names.map((name) => [name, 0]))
  for (let index = 0; index < kills; index++) {
    await pause(randomInt(everyMs[0], everyMs[1]))
    const name = names[index < names.length ? index : randomInt(names.length)] ?? 'server'
    process.stderr.write(`${index + 1}/${kills} kill -9 ${name}\n`)
    await victims[name]?.()
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
