/**
 * Renders the contract as an OpenAPI 3.1 document. The server serves it at `/api/openapi.json`; the same text is checked
 * in under docs/reference. Nothing is written by hand here that an endpoint's declaration already says.
 */
import { API } from './api.ts'
import { API_BASE, type AnyEndpoint } from './endpoint.ts'
import { COMMON_ERRORS, ERRORS, type ErrorCode } from './errors.ts'
import { Nothing } from './primitives.ts'
import { Problem } from './problem.ts'
import { SchemaRenderer, type JsonSchema } from './schemas.ts'

type Json = Readonly<Record<string, unknown>>

const PROBLEM_TYPE = 'application/problem+json'
const CONTENT_TYPES = {
  json: 'application/json',
  events: 'text/event-stream',
  text: 'text/plain',
  bytes: 'application/octet-stream',
}

/** The whole control API, paths in the order of `API`. */
export function renderOpenApi(version = '0.1.0'): Json {
  const schemas = new SchemaRenderer()
  const problem = schemas.render(Problem, 'output')
  const paths: Record<string, Record<string, unknown>> = {}
  for (const endpoint of Object.values(API) as readonly AnyEndpoint[]) {
    const path = `${API_BASE}${endpoint.path}`
    paths[path] ??= {}
    paths[path][endpoint.method.toLowerCase()] = renderOperation(endpoint, schemas)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Spillway control API',
      version,
      description:
        'Inference is apart from this, under /v1, in the dialect of OpenAI. Every mutation takes an Idempotency-Key; every error is a problem document (RFC 9457) with a stable code and what to do.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'spillway_session',
          description: 'A signed-in console.',
        },
      },
      parameters: { IdempotencyKey: IDEMPOTENCY_KEY },
      responses: renderCommonResponses(problem),
      schemas: schemas.components(),
    },
  }
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Chosen by the caller, unique to this request. The same key with the same request gets the first answer again.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
}

function renderOperation(endpoint: AnyEndpoint, schemas: SchemaRenderer): Json {
  const isMutation = endpoint.method !== 'GET'
  const parameters = [
    ...schemas.renderFields(endpoint.params).map((field) => ({ ...field, in: 'path' })),
    ...schemas.renderFields(endpoint.query).map((field) => ({ ...field, in: 'query' })),
    ...(isMutation ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ]
  return {
    operationId: endpoint.id,
    summary: endpoint.summary,
    tags: [endpoint.id.split('.')[0]],
    ...(endpoint.permission === 'public' ? { security: [] } : {}),
    'x-permission': endpoint.permission,
    'x-audit': endpoint.audit,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(endpoint.body !== Nothing ? { requestBody: renderBody(endpoint, schemas) } : {}),
    responses: renderResponses(endpoint, schemas),
  }
}

function renderBody(endpoint: AnyEndpoint, schemas: SchemaRenderer): Json {
  const schema = schemas.render(endpoint.body, 'input')
  return { required: true, content: { 'application/json': { schema } } }
}

function renderResponses(endpoint: AnyEndpoint, schemas: SchemaRenderer): Json {
  const returns = schemas.render(endpoint.returns, 'output')
  const content =
    endpoint.answer === 'events'
      ? { schema: { type: 'string' }, 'x-event': returns }
      : { schema: returns }
  const responses: Record<string, unknown> = {
    [endpoint.status]: {
      description: endpoint.status === 201 ? 'Created' : 'Done',
      content: { [CONTENT_TYPES[endpoint.answer]]: content },
    },
  }
  const common = COMMON_ERRORS.filter((code) => canAnswer(endpoint, code))
  for (const [status, codes] of groupByStatus([...common, ...endpoint.errors])) {
    const isCommon = codes.join() === COMMON_BY_STATUS.get(status)?.join()
    responses[status] = isCommon
      ? { $ref: `#/components/responses/Problem${status}` }
      : renderProblemResponse(codes, schemas.render(Problem, 'output'))
  }
  return responses
}

/** What needs no principal refuses nobody; what takes no body or changes nothing cannot refuse either. */
function canAnswer({ permission, method }: AnyEndpoint, code: ErrorCode): boolean {
  if (permission === 'public' && (code === 'credential.missing' || code === 'permission.denied'))
    return false
  return method !== 'GET' || !BODY_ERRORS.has(code)
}

const BODY_ERRORS = new Set<ErrorCode>([
  'request.malformed',
  'request.too_large',
  'request.idempotency_conflict',
])

function renderCommonResponses(problem: JsonSchema): Json {
  const entries = [...COMMON_BY_STATUS].map(([status, codes]) => [
    `Problem${status}`,
    renderProblemResponse(codes, problem),
  ])
  return Object.fromEntries(entries) as Json
}

function renderProblemResponse(codes: readonly ErrorCode[], schema: JsonSchema): Json {
  const description = codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' ')
  return { description, content: { [PROBLEM_TYPE]: { schema } }, 'x-codes': codes }
}

function groupByStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const groups = new Map<number, ErrorCode[]>()
  for (const code of new Set(codes)) {
    const { status } = ERRORS[code]
    groups.set(status, [...(groups.get(status) ?? []), code])
  }
  return groups
}

const COMMON_BY_STATUS = groupByStatus(COMMON_ERRORS)
