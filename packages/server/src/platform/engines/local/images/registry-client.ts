/**
 * Reads images from a registry by the distribution protocol, with a token where the registry asks for one. A login is
 * given to the registry, and to where it sends for tokens, and to nobody else. What it writes is exactly what its digest
 * says, or it fails.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { isIP } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { ImageReference } from '#kernel/image-reference.ts'
import type { RegistryLogin } from '#platform/engines/engine.ts'
import { get, type GetOutcome } from '#platform/outbound/get.ts'
import { hostOf } from '#platform/outbound/target.ts'
import { type Descriptor, MANIFEST_TYPES, readDocument } from './image-documents.ts'
import { ImageFault } from './image-fault.ts'

const DOCUMENT_BYTES_MAX = 4 * 2 ** 20
const DOCKER_HUB = { name: 'docker.io', host: 'registry-1.docker.io' } as const

export interface RegistryTerms {
  /** Those that images may come from, as the operator wrote them; an `http://` in front means without TLS. */
  readonly registries: readonly string[]
  readonly idleMs: number
}

type Answer = Extract<GetOutcome, { kind: 'answered' }>

const token = z.object({ token: z.string().optional(), access_token: z.string().optional() })

/** Names and addresses of this machine itself, where nobody expects TLS. */
function isLoopback(url: URL): boolean {
  const host = hostOf(url)
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Whether the operator named it. */
export function isRegistryAllowed(registry: string, registries: readonly string[]): boolean {
  return registries.some((each) => each.replace(/^http:\/\//, '') === registry)
}

/** Who asks, and until when. */
export interface Asking {
  readonly login: RegistryLogin | null
  readonly signal: AbortSignal
}

export class RegistryClient {
  readonly #reference: ImageReference
  readonly #terms: RegistryTerms
  readonly #signal: AbortSignal
  readonly #login: RegistryLogin | null
  readonly #base: string
  /** What the registry is shown. */
  #proof: string | null = null
  #hasShownLogin = false

  constructor(reference: ImageReference, terms: RegistryTerms, { login, signal }: Asking) {
    const { registry, repository } = reference
    const host = registry === DOCKER_HUB.name ? DOCKER_HUB.host : registry
    const isPlain =
      terms.registries.includes(`http://${registry}`) || isLoopback(new URL(`http://${host}`))
    this.#reference = reference
    this.#terms = terms
    this.#signal = signal
    this.#login = login
    this.#base = `${isPlain ? 'http' : 'https'}://${host}/v2/${repository}`
  }

  /** Whether what it gave may have been for a known person only. */
  get hasShownLogin(): boolean {
    return this.#hasShownLogin
  }

  /** The manifest by tag or digest, with its digest, which it surely has. */
  async manifest(name: string): Promise<{ readonly digest: string; readonly bytes: Buffer }> {
    const answer = await this.#ask(`${this.#base}/manifests/${name}`, MANIFEST_TYPES.join(', '))
    const bytes = await readAll(answer)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (name.startsWith('sha256:') && name !== digest) throw mismatch(name, digest)
    return { digest, bytes }
  }

  /** A small blob. */
  async document({ digest }: Descriptor): Promise<Buffer> {
    const bytes = await readAll(await this.#ask(`${this.#base}/blobs/${digest}`))
    const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (found !== digest) throw mismatch(digest, found)
    return bytes
  }

  /** A blob into a file. `onBytes` hears of every piece. */
  async download(
    { digest, size }: Descriptor,
    path: string,
    onBytes: (count: number) => void,
  ): Promise<void> {
    const { body } = await this.#ask(`${this.#base}/blobs/${digest}`)
    const hash = createHash('sha256')
    let received = 0
    const checking = new Transform({
      transform: (piece: Buffer, _, done) => {
        received += piece.length
        hash.update(piece)
        onBytes(piece.length)
        done(
          received > size ? new ImageFault('a layer is longer than its manifest says') : null,
          piece,
        )
      },
    })
    try {
      await pipeline(body, checking, createWriteStream(path), { signal: this.#signal })
    } catch (error) {
      throw readingFault(error)
    }
    if (received < size) throw new ImageFault('the registry broke off a layer', true)
    const found = `sha256:${hash.digest('hex')}`
    if (found !== digest) throw mismatch(digest, found)
  }

  async #ask(url: string, accept = '*/*'): Promise<Answer> {
    const first = await this.#get(url, accept, this.#proof)
    if (first.status !== 401) return this.#judged(first)
    first.body.destroy()
    await this.#answerTo(first.headers['www-authenticate'] ?? '')
    return this.#judged(await this.#get(url, accept, this.#proof))
  }

  async #get(url: string, accept: string, proof: string | null): Promise<Answer> {
    const outcome = await get({
      url,
      headers: {
        accept,
        'user-agent': 'spillway',
        ...(proof === null ? {} : { authorization: proof }),
      },
      reachOf: (hop) => ({ isPrivateAllowed: this.#isNamed(hop) }),
      idleMs: this.#terms.idleMs,
      signal: this.#signal,
    })
    if (outcome.kind === 'answered') return outcome
    const { registry } = this.#reference
    throw new ImageFault(`the registry ${registry} cannot be asked: ${outcome.why}`, true)
  }

  /** Where a registry sends on to is on the internet, or is a registry that the operator named. */
  #isNamed(url: URL): boolean {
    return isRegistryAllowed(url.host, this.#terms.registries)
  }

  /** The login as HTTP knows it. */
  #basic(): string | null {
    if (this.#login === null) return null
    const { username, password } = this.#login
    this.#hasShownLogin = true
    return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
  }

  /** No login goes over a network in clear, but to a registry that the operator named so. */
  #isSafe(url: URL): boolean {
    if (url.protocol === 'https:' || isLoopback(url)) return true
    return this.#terms.registries.includes(`http://${url.host}`)
  }

  async #answerTo(challenge: string): Promise<void> {
    if (/^basic /i.test(challenge)) {
      this.#proof = this.#basic()
      if (this.#proof === null) throw this.#notPublic()
      return
    }
    const terms = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    )
    const realm = terms['realm']
    if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm))
      throw this.#notPublic()
    const url = new URL(realm)
    if (terms['service'] !== undefined) url.searchParams.set('service', terms['service'])
    url.searchParams.set('scope', `repository:${this.#reference.repository}:pull`)
    if (this.#login !== null && !this.#isSafe(url))
      throw new ImageFault(`${this.#reference.registry} wants the login at a place without TLS`)
    this.#proof = null
    const answer = await this.#get(url.href, 'application/json', this.#basic())
    if (answer.status !== 200) {
      answer.body.destroy()
      throw this.#notPublic()
    }
    const found = readDocument(token, await readAll(answer), 'token')
    const given = found.token ?? found.access_token
    if (given === undefined) throw this.#notPublic()
    this.#proof = `Bearer ${given}`
  }

  #notPublic(): ImageFault {
    if (this.#login !== null)
      return new ImageFault(
        `${this.#reference.registry} has no such image, or does not show it to the login of this organization`,
      )
    return new ImageFault(
      `${this.#reference.registry} has no such image, or shows it to nobody without a login`,
    )
  }

  #judged(answer: Answer): Answer {
    const { status } = answer
    if (status === 200) return answer
    answer.body.destroy()
    const { registry } = this.#reference
    if (status === 404) throw new ImageFault(`${registry} has no such image`)
    if (status === 401 || status === 403) throw this.#notPublic()
    const why = status === 429 ? 'it was asked too often' : `it answers with ${status}`
    throw new ImageFault(`the registry ${registry} does not give it: ${why}`, status >= 429)
  }
}

async function readAll({ body }: Answer): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      pieces.push(piece)
      size += piece.length
      if (size > DOCUMENT_BYTES_MAX) throw new ImageFault('its description is too large')
    }
  } catch (error) {
    throw readingFault(error)
  }
  return Buffer.concat(pieces)
}

function mismatch(asked: string, found: string): ImageFault {
  return new ImageFault(`what the registry gave for ${asked} is something else, ${found}`)
}

function readingFault(error: unknown): Error {
  if (error instanceof ImageFault) return error
  const { code, name } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC') return new ImageFault('the disk is full')
  if (name === 'AbortError') return error as Error
  return new ImageFault('the connection to the registry broke off', true)
}
