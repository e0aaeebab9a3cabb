/** Opens a line to an address of an attempt, whichever way leads there. */
import type { ClientRequestArgs } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { callbackify } from 'node:util'
import type { Address } from './engine.ts'
import { dialSealed } from './sealed-line.ts'

const ANSWER_WITHIN_MS = 10_000

/** Resolves when somebody has taken the line. */
export function dial(address: Address, timeoutMs = ANSWER_WITHIN_MS): Promise<Socket> {
  if (address.kind === 'sealed') return dialSealed(address, timeoutMs)
  const place =
    address.kind === 'socket' ? { path: address.path } : { host: address.host, port: address.port }
  const socket = connect(place)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(lateFor(timeoutMs)), timeoutMs)
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

function lateFor(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' })
}

/** How a request over HTTP reaches the address: on a line of its own, and none that was used before. */
export function dialing(address: Address): Pick<ClientRequestArgs, 'createConnection'> {
  return {
    createConnection: (_options, done) => {
      callbackify(() => dial(address))(done)
      return null
    },
  }
}
