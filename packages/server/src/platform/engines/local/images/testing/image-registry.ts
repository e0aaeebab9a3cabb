/**
 * A registry on loopback that speaks the distribution protocol as large ones do: an index, a token to fetch first, blobs
 * that are sent on to elsewhere. Made to fail on request.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const TOKEN = 'a-token-for-everybody'

export interface RegistryFaults {
  /** It takes questions and gives no answers. */
  isHanging?: boolean
  /** So many answers are refused for a while before one is given. */
  unavailable?: number
  /** Gives other bytes for what has this digest. */
  falseDigest?: string
  /** Sends blobs on to this place. */
  blobsAt?: string
  /** Where it sends for tokens. */
  realm?: string
  /** It shows images only to who knows this, as `name:password`. */
  login?: string
  /** It asks for the login itself, and knows no tokens. */
  isBasic?: boolean
}

export interface TestImage {
  readonly layers: readonly Buffer[]
  readonly config?: object
  readonly architecture?: string
  readonly tag?: string
}

export interface TestRegistry {
  /** Host and port. */
  readonly name: string
  readonly faults: RegistryFaults
  /** Paths that were asked for, in order. */
  readonly asked: string[]
  /** Headers of the questions for blobs at the place that they were sent on to. */
  readonly proofs: (string | undefined)[]
  /** Publishes an image, and says its digest for its platform. */
  readonly publish: (repository: string, image: TestImage) => string
  readonly stop: () => Promise<void>
}

const OWN = process.arch === 'x64' ? 'amd64' : process.arch

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

interface Stored {
  readonly type: string
  readonly bytes: Buffer
}

class Registry {
  readonly documents = new Map<string, Stored>()
  readonly blobs = new Map<string, Buffer>()
  readonly faults: RegistryFaults = {}
  readonly asked: string[] = []
  readonly proofs: (string | undefined)[] = []
  base = ''

  publish(repository: string, image: TestImage): string {
    const { layers, config = {}, architecture = OWN, tag = 'latest' } = image
    const keep = (bytes: Buffer, mediaType: string) => {
      const digest = digestOf(bytes)
      this.blobs.set(digest, bytes)
      return { mediaType, digest, size: bytes.length }
    }
    const about = { os: 'linux', architecture, config }
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: keep(Buffer.from(JSON.stringify(about)), 'application/vnd.oci.image.config.v1+json'),
      layers: layers.map((bytes) => keep(bytes, 'application/vnd.oci.image.layer.v1.tar+gzip')),
    }
    const own = this.#document(repository, manifest)
    const index = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        { ...own, platform: { os: 'linux', architecture } },
        {
          ...own,
          digest: digestOf(Buffer.from('s390x')),
          platform: { os: 'linux', architecture: 's390x' },
        },
      ],
    }
    this.documents.set(`${repository}/${tag}`, {
      type: index.mediaType,
      bytes: Buffer.from(JSON.stringify(index)),
    })
    return own.digest
  }

  #document(repository: string, content: { readonly mediaType: string }) {
    const bytes = Buffer.from(JSON.stringify(content))
    const digest = digestOf(bytes)
    this.documents.set(`${repository}/${digest}`, { type: content.mediaType, bytes })
    return { mediaType: content.mediaType, digest, size: bytes.length }
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.base)
    this.asked.push(pathname)
    if (this.faults.isHanging) return
    if ((this.faults.unavailable ?? 0) > 0) {
      this.faults.unavailable = (this.faults.unavailable ?? 0) - 1
      response.writeHead(503).end()
      return
    }
    if (pathname === '/token') return this.#giveToken(searchParams, request, response)
    const elsewhere = /^\/elsewhere\/(sha256:\w+)$/.exec(pathname)
    if (elsewhere) {
      this.proofs.push(request.headers.authorization)
      return this.#give(this.blobs.get(elsewhere[1] ?? ''), elsewhere[1] ?? '', response)
    }
    if (request.headers.authorization !== this.#proof()) return this.#challenge(response)
    const [, repository, kind, name] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? []
    if (kind === 'blobs' && this.blobs.has(name ?? '')) {
      const location = `${this.faults.blobsAt ?? ''}/elsewhere/${name}`
      response.writeHead(307, { location }).end()
      return
    }
    const document = kind === 'manifests' ? this.documents.get(`${repository}/${name}`) : undefined
    this.#give(document?.bytes, name ?? '', response, document?.type)
  }

  #give(bytes: Buffer | undefined, name: string, response: ServerResponse, type?: string): void {
    if (bytes === undefined) return void response.writeHead(404).end('{"errors":[]}')
    const given = name === this.faults.falseDigest ? Buffer.alloc(bytes.length, 'x') : bytes
    response.writeHead(200, { 'content-type': type ?? 'application/octet-stream' }).end(given)
  }

  #basic(): string {
    return `Basic ${Buffer.from(this.faults.login ?? '').toString('base64')}`
  }

  #proof(): string {
    return this.faults.isBasic ? this.#basic() : `Bearer ${TOKEN}`
  }

  #challenge(response: ServerResponse): void {
    if (this.faults.isBasic) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test-registry"' }).end()
      return
    }
    const realm = this.faults.realm ?? `${this.base}/token`
    const scheme = `Bearer realm="${realm}",service="test-registry"`
    response.writeHead(401, { 'www-authenticate': scheme }).end()
  }

  #giveToken(asked: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const isRight =
      asked.get('service') === 'test-registry' &&
      /^repository:.+:pull$/.test(asked.get('scope') ?? '')
    const isKnown =
      this.faults.login === undefined || request.headers.authorization === this.#basic()
    if (!isKnown) return void response.writeHead(401).end('{"errors":[]}')
    response.writeHead(isRight ? 200 : 400).end(JSON.stringify({ token: TOKEN }))
  }
}

export async function startRegistry(): Promise<TestRegistry> {
  const registry = new Registry()
  const server = createServer((request, response) => registry.answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}`
  registry.base = `http://${name}`
  const { faults, asked, proofs } = registry
  return {
    ...{ name, faults, asked, proofs },
    publish: (repository, image) => registry.publish(repository, image),
    stop: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
