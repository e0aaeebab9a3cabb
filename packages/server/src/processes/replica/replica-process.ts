/** Starts replicas for tests, as processes of their own, and ends every one of them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { present } from '#kernel/assert.ts'

export interface ReplicaProcess {
  readonly child: ChildProcess
  readonly url: string
  /** What it wrote to stderr so far. */
  readonly errors: () => string
}

const PROGRAM = new URL('../replica.ts', import.meta.url).pathname
const DEADLINE_MS = 60_000
const LOOK_AGAIN_MS = 10

const Ready = z.object({ ready: z.literal(true), port: z.number() })

const Health = z.object({
  state: z.string(),
  busy: z.number(),
  waiting: z.number(),
  tally: z.object({ answers: z.number(), completionTokens: z.number() }),
})

const children: ChildProcess[] = []

export function launchReplica(...flags: readonly string[]): Omit<ReplicaProcess, 'url'> {
  const child = spawn(process.execPath, [PROGRAM, '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr.on('data', (part) => (errors += String(part)))
  return { child, errors: () => errors }
}

/** Resolves when the replica says that it is ready. */
export async function startReplica(...flags: readonly string[]): Promise<ReplicaProcess> {
  const { child, errors } = launchReplica(...flags)
  for await (const line of createInterface({ input: present(child.stdout, 'its stdout') })) {
    const { port } = Ready.parse(await new Response(line).json())
    return { child, errors, url: `http://127.0.0.1:${port}` }
  }
  throw new Error(`the replica ended: ${errors()}`)
}

export function killReplicas(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

export async function healthOf({ url }: ReplicaProcess): Promise<z.infer<typeof Health>> {
  return Health.parse(await (await fetch(`${url}/health`)).json())
}

export function postTo(
  { url }: ReplicaProcess,
  path: string,
  { body, signal }: { readonly body: unknown; readonly signal?: AbortSignal },
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  })
}

/** Looks again and again until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it did not become so')
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
