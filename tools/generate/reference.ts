/** The reference pages that follow from the contract: errors, permissions, endpoints, and openapi.json itself. */
import {
  API,
  API_BASE,
  COMMON_ERRORS,
  ERRORS,
  renderOpenApi,
  ROLES,
  type AnyEndpoint,
  type ErrorCode,
} from '@spillway/contract'
import { NOTE, renderTable, type Generated } from './generated.ts'

const FOLDER = 'docs/reference'
const endpoints: readonly (readonly [string, AnyEndpoint])[] = Object.entries(API)

export function generateReference(version: string): Generated[] {
  return [
    {
      path: `${FOLDER}/openapi.json`,
      text: `${JSON.stringify(renderOpenApi(version), null, 2)}\n`,
    },
    { path: `${FOLDER}/errors.md`, text: renderErrors() },
    { path: `${FOLDER}/permissions.md`, text: renderPermissions() },
    { path: `${FOLDER}/endpoints.md`, text: renderEndpoints() },
  ]
}

function answeredBy(code: ErrorCode): string {
  if ((COMMON_ERRORS as readonly string[]).includes(code)) return 'any endpoint'
  const ids = endpoints.filter(([, { errors }]) => errors.includes(code)).map(([, { id }]) => id)
  return ids.length === 0 ? '–' : ids.map((id) => `\`${id}\``).join(', ')
}

function renderErrors(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[]
  const sections = codes.map((code) => {
    const { status, title, remedy } = ERRORS[code]
    return `## \`${code}\`\n\n**${status}** ${title}. ${remedy}\n\nAnswered by: ${answeredBy(code)}.\n`
  })
  const preface =
    'Every error of the control API is a problem document (RFC 9457): `code` is stable, `detail` says what happened, `remedy` what to do. A fault of ours is never a 401, a price of zero or a silent success; another tenant\u2019s thing and a missing thing are the same 404.'
  return `${NOTE}\n\n# Errors\n\n${preface}\n\n${sections.join('\n')}`
}

function renderPermissions(): string {
  const roles = Object.entries(ROLES) as [string, readonly string[]][]
  const all = [...new Set(roles.flatMap(([, permissions]) => permissions))]
  const rows = all.map((permission) => [
    `\`${permission}\``,
    ...roles.map(([, permissions]) => (permissions.includes(permission) ? 'yes' : '')),
    endpoints
      .filter(([, each]) => each.permission === permission)
      .map(([, { id }]) => `\`${id}\``)
      .join(', '),
  ])
  const table = renderTable(['permission', ...roles.map(([role]) => role), 'opens'], rows)
  return `${NOTE}\n\n# Permissions\n\nA role is a set of permissions; a principal has one role, and acts within its own organization. Only the operator sees others.\n\n${table}\n`
}

function renderEndpoints(): string {
  const rows = endpoints.map(([name, { id, method, path, summary, permission, audit }]) => [
    `\`${method} ${API_BASE}${path}\``,
    `\`${id}\``,
    `\`${name}\``,
    permission === 'public' ? 'public' : `\`${permission}\``,
    audit === 'none' ? '' : audit.replace('_', ' '),
    summary,
  ])
  const heads = ['address', 'id', 'client', 'permission', 'audited as', 'what it does']
  return `${NOTE}\n\n# Endpoints\n\nThe control API, whose schemas are in [openapi.json](openapi.json). Inference has the addresses of OpenAI\u2019s API, under \`/v1\`.\n\n${renderTable(heads, rows)}\n`
}
