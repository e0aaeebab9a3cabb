/**
 * A stand-in for an installation that speaks the real protocol: every request is checked against the contract's
 * schemas, every answer too, and roles permit what they permit. It decides nothing; each test says what it answers.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  API,
  API_BASE,
  ERRORS,
  permits,
  type AnyEndpoint,
  type EndpointName,
  type ErrorCode,
  type Role,
} from '@spillway/contract'

export const KEYS: Readonly<Record<string, Role>> = {
  'operator-secret': 'operator',
  'demo-secret': 'member',
  'inference-secret': 'inference',
}

export interface Asked {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  readonly role: Role
}

/** A document, or a stream where the endpoint streams; throw a `Refusal` for a problem. */
export type Answer = (asked: Asked) => unknown
export type Answers = Partial<Record<EndpointName, Answer>> & {
  /** The data path, which is not in the contract. */
  readonly chat?: (body: Readonly<Record<string, unknown>>) => ChatAnswer
  /** `/v1/files` and below, with what was sent as text. */
  readonly file?: (request: string, text: string) => ChatAnswer
}

export interface ChatAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

export class Refusal extends Error {
  readonly code: ErrorCode
  readonly fields: readonly { readonly field: string; readonly message: string }[] | undefined
  constructor(code: ErrorCode, detail: string, fields?: Refusal['fields']) {
    super(detail)
    this.code = code
    this.fields = fields
  }
}

export interface SimulatedInstallation {
  readonly url: string
  /** What was asked, as `POST /api/v1/leases`, with the role that asked. */
  readonly requests: readonly {
    readonly line: string
    readonly role: string
    readonly body: unknown
  }[]
  readonly stop: () => Promise<void>
}

export async function simulateInstallation(answers: Answers): Promise<SimulatedInstallation> {
  const requests: { line: string; role: string; body: unknown }[] = []
  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulated')
    const role = KEYS[request.headers.authorization?.replace('Bearer ', '') ?? '']
    const text = await bodyOf(request)
    if (url.pathname.startsWith('/v1/files') && answers.file) {
      const told = answers.file(`${request.method} ${url.pathname}`, text)
      response.writeHead(told.status, { 'content-type': told.type }).end(told.body)
      return
    }
    const body = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>
    requests.push({ line: `${request.method} ${url.pathname}`, role: role ?? 'nobody', body })
    if (url.pathname === '/v1/chat/completions' && answers.chat) {
      const { status, type, body: answer } = answers.chat(body)
      response.writeHead(status, { 'content-type': type, 'x-request-id': 'req_chat' }).end(answer)
      return
    }
    try {
      if (role === undefined)
        throw new Refusal('credential.invalid', 'The credential is not known.')
      const { name, endpoint, params } = find(request.method ?? '', url.pathname)
      if (endpoint.permission !== 'public' && !permits(role, endpoint.permission))
        throw new Refusal('permission.denied', `The role ${role} lacks ${endpoint.permission}.`)
      const asked = {
        role,
        params: check(endpoint.params, params, 'params'),
        query: check(endpoint.query, Object.fromEntries(url.searchParams), 'query'),
        body: check(endpoint.body, body, 'body'),
      }
      const answer = answers[name]
      if (!answer) throw new Refusal('server.defect', `The test answers nothing for ${name}.`)
      if (endpoint.method !== 'GET' && !request.headers['idempotency-key'])
        throw new Refusal('request.invalid', 'A mutation takes an Idempotency-Key.')
      await send(response, endpoint, await answer(asked))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refuse(response, error)
    }
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

interface Found {
  readonly name: EndpointName
  readonly endpoint: AnyEndpoint
  readonly params: Readonly<Record<string, string>>
}

function find(method: string, path: string): Found {
  for (const [name, endpoint] of Object.entries(API)) {
    const pattern = endpoint.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')
    const match = new RegExp(`^${API_BASE}${pattern}$`).exec(path)
    if (match && endpoint.method === method) {
      const params = Object.entries(match.groups ?? {}).map(([key, value]) => [
        key,
        decodeURIComponent(value),
      ])
      return { name: name as EndpointName, endpoint, params: Object.fromEntries(params) }
    }
  }
  throw new Refusal('request.not_found', `There is no ${method} ${path}.`)
}

function check(schema: AnyEndpoint['body'], value: unknown, part: string): Asked['body'] {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data as Asked['body']
  const fields = parsed.error.issues.map((issue) => ({
    field: [part, ...issue.path].join('.'),
    message: issue.message,
  }))
  throw new Refusal('request.invalid', 'The request is not valid.', fields)
}

async function send(response: ServerResponse, endpoint: AnyEndpoint, answer: unknown) {
  if (endpoint.answer === 'json') {
    response.writeHead(endpoint.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(endpoint.returns.parse(answer)))
    return
  }
  const type = endpoint.answer === 'events' ? 'text/event-stream' : 'text/plain; charset=utf-8'
  response.writeHead(200, { 'content-type': type }).flushHeaders()
  for await (const part of answer as AsyncIterable<unknown>)
    response.write(
      endpoint.answer === 'events'
        ? `data: ${JSON.stringify(endpoint.returns.parse(part))}\n\n`
        : String(part),
    )
  response.end()
}

function refuse(response: ServerResponse, { code, message, fields }: Refusal): void {
  const { status, title, remedy } = ERRORS[code]
  const problem = { type: `urn:${code}`, title, status, detail: message, code, remedy }
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ ...problem, requestId: 'req_test', ...(fields ? { fields } : {}) }))
}
