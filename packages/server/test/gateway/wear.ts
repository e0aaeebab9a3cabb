/** Long streams and streams that are left, through a gateway, and what the process has of memory and open files afterwards. */
import { readdirSync, readFileSync } from 'node:fs'
import { ask } from './stand.ts'

export interface Wearing {
  readonly url: string
  readonly key: string
  readonly model: string
  /** Streams of so many chunks that are read to their end. */
  readonly long: number
  /** Streams that are left after some chunks. */
  readonly left: number
}

const CHUNKS = 10_000

export async function runStreams({ url, key, model, long, left }: Wearing): Promise<void> {
  const open = (tokens: number, more: object, signal?: AbortSignal) =>
    ask({
      url,
      key,
      body: {
        ...{ model, stream: true, max_tokens: CHUNKS + 1 },
        messages: [{ role: 'user', content: JSON.stringify({ tokens, ...more }) }],
      },
      ...(signal ? { signal } : {}),
    })
  for (let each = 0; each < long; each++) {
    const text = await (await open(CHUNKS, {})).text()
    if (!text.endsWith('data: [DONE]\n\n'))
      throw new Error(`a long stream broke: ${text.slice(-200)}`)
  }
  for (let each = 0; each < left; each++) {
    const leaving = new AbortController()
    const response = await open(CHUNKS, { delayMs: 1 }, leaving.signal)
    await response.body?.getReader().read()
    leaving.abort()
  }
}

export interface Wear {
  readonly memoryMib: number
  readonly files: number
}

/** Linux only. */
export function wearOf(pid: number): Wear {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return { memoryMib: Number(kib) / 1024, files: readdirSync(`/proc/${pid}/fd`).length }
}
