/** Starts the programs of a benchmark, each on the core that it is given, where the system can do that. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    // Not Linux, or without util-linux: the system places the processes.
    return false
  }
}

export const canPin = hasTaskset()

/** The words before a command that keep it on a core. */
export function pin(core: number): readonly string[] {
  return canPin ? ['taskset', '-c', String(core)] : []
}

export interface Program {
  readonly child: ChildProcess
  readonly port: number
  ask<Answer>(order: unknown): Promise<Answer>
  end(): void
}

/** Starts a program that says its port over IPC. */
export async function startProgram(
  core: number,
  file: string,
  args: readonly string[] = [],
): Promise<Program> {
  const [command = '', ...rest] = [...pin(core), process.execPath, file, ...args]
  const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const hear = <Answer>() =>
    new Promise<Answer>((resolve, reject) => {
      const onExit = () => reject(new Error(`${file} ended`))
      child.once('exit', onExit)
      child.once('message', (message) => {
        child.off('exit', onExit)
        resolve(message as Answer)
      })
    })
  const { port } = await hear<{ port: number }>()
  return {
    child,
    port,
    ask: <Answer>(order: unknown) => {
      const answer = hear<Answer>()
      child.send(order as object)
      return answer
    },
    end: () => child.disconnect(),
  }
}
