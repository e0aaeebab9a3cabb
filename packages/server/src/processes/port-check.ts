/**
 * Finds out whether the public port can be had, before anything slow is started. It takes nothing: the gateway asks
 * again when it listens, because somebody may be quicker.
 */
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { errorCode } from '#platform/db/start-failure.ts'
import { StartRefused } from './start-refused.ts'

/** The gateway of a server that was killed a moment ago gives the port back as soon as it has noticed. */
const FREE_WITHIN_MS = 2000
const LOOK_EVERY_MS = 50
const ANSWER_WITHIN_MS = 500

/** The port cannot be had. */
export class PortTaken extends StartRefused {
  override readonly name = 'PortTaken'
}

/** Null when it is free; otherwise the system's code, such as EADDRINUSE. */
function tryPort(port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const server = createServer()
  server.once('error', (error) => resolve(errorCode(error)))
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(null)))
  return promise
}

async function isSpillway(port: number): Promise<boolean> {
  try {
    const timeouts = { headersTimeout: ANSWER_WITHIN_MS, bodyTimeout: ANSWER_WITHIN_MS }
    const { body } = await request(`http://127.0.0.1:${port}/api/openapi.json`, timeouts)
    return (await body.text()).includes('"title":"Spillway control API"')
  } catch {
    // Whatever has the port, it does not speak like one of us.
    return false
  }
}

/** Why a port cannot be had, and what to do. */
export async function explainPort(port: number, code: string): Promise<string> {
  const remedy = 'set SPILLWAY_PORT to a free port, or to 0 for any'
  if (code === 'EACCES')
    return `Port ${port} on 127.0.0.1 is kept for the system's own programs (EACCES). Please ${remedy}.`
  if (code !== 'EADDRINUSE')
    return `Port ${port} on 127.0.0.1 cannot be had (${code}). Please ${remedy}.`
  if (await isSpillway(port))
    return `Port ${port} on 127.0.0.1 is taken: another Spillway answers at http://127.0.0.1:${port}. Use that one, stop it, or ${remedy}.`
  return `Port ${port} on 127.0.0.1 is taken by another program. Stop it, or ${remedy}.`
}

/** Throws `PortTaken` with what to do. Port 0 is always free. */
export async function checkPort(port: number): Promise<void> {
  const deadlineMs = performance.now() + FREE_WITHIN_MS
  for (;;) {
    const code = await tryPort(port)
    if (code === null) return
    if (code !== 'EADDRINUSE' || performance.now() > deadlineMs)
      throw new PortTaken(await explainPort(port, code))
    await pause(LOOK_EVERY_MS)
  }
}
