/** The gateways of a server: one, or several processes that listen on one port, so that the others serve while one is down. */
import { mergeExpositions } from '#modules/gateway/index.ts'
import {
  type GatewayChild,
  type GatewayChildDeps,
  keepGateway,
  NOT_READY,
} from './gateway-child.ts'

/** Ready once all of them listen. What is said of one is true of the whole. */
export function keepGateways(count: number, deps: GatewayChildDeps): GatewayChild {
  return count === 1 ? keepGateway(deps) : new Gateways(count, deps)
}

class Gateways implements GatewayChild {
  readonly ready: Promise<number>
  readonly #deps: GatewayChildDeps
  readonly #children: GatewayChild[] = []
  /** What each told last of its figures, by its name in them. */
  readonly #figures = new Map<string, string>()
  #isStopped = false

  constructor(count: number, deps: GatewayChildDeps) {
    this.#deps = deps
    // The first may choose the port, and finds out whether it can be had.
    this.ready = this.#keep(0, null).then(async (port) => {
      const others = Array.from({ length: count - 1 }, (_, index) => index + 1)
      if (!this.#isStopped) await Promise.all(others.map((index) => this.#keep(index, port)))
      return port
    })
  }

  /** Who is down listens no more, so nobody meets it; who cannot keep records still does. */
  fault = (): string | null => {
    const faults = this.#children.map((child) => child.fault())
    if (faults.every((fault) => fault === NOT_READY)) return NOT_READY
    return faults.find((fault) => fault !== null && fault !== NOT_READY) ?? null
  }

  stop = async (): Promise<void> => {
    this.#isStopped = true
    await Promise.all(this.#children.map((child) => child.stop()))
  }

  #keep(index: number, port: number | null): Promise<number> {
    const name = String(index)
    const deps = this.#deps
    const child = keepGateway({
      ...deps,
      settings: (writer) => {
        const settings = deps.settings(writer)
        return { ...settings, port: port ?? settings.port, isPortShared: true }
      },
      onDied: (how, retryInMs) => {
        this.#figures.delete(name)
        deps.onDied(how, retryInMs)
      },
      onMessage: (message) => {
        if (message.type !== 'metrics') return deps.onMessage(message)
        this.#figures.set(name, message.text)
        deps.onMessage({ ...message, text: mergeExpositions(this.#figures) })
      },
    })
    this.#children.push(child)
    return child.ready
  }
}
