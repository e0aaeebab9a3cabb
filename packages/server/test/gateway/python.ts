/** Finds a Python with the official client, and runs programs with it. Installs nothing. */
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const WITHIN_MS = 60_000

/** `SPILLWAY_TEST_PYTHON` names one, else it is the first on the path; null where that has no `openai`. */
export function findPython(
  python: string = process.env['SPILLWAY_TEST_PYTHON'] ?? 'python3',
): string | null {
  const asked = spawnSync(python, ['-c', 'import openai'], { timeout: WITHIN_MS })
  return asked.status === 0 ? python : null
}

export async function runPython(python: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run(python, [...words], { timeout: WITHIN_MS })
  return stdout
}
