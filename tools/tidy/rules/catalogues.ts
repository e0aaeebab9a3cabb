/** Rules that compare the contract with the rest: every endpoint has an authorization case, every error is raised. */
import { API, ERROR_CODES } from '@spillway/contract'
import type { Tree, Violation } from '../tree.ts'

const AUTHORIZATION = 'packages/server/test/authorization.scenario.test.ts'
const ERRORS_PAGE = 'docs/reference/errors.md'

/** The authorization scenarios name every endpoint, by its name in the client. */
export function checkAuthorizationCases(
  tree: Tree,
  endpoints: readonly string[] = Object.keys(API),
): Violation[] {
  const rule = 'authorization-cases'
  const source = tree.files.find(({ path }) => path === AUTHORIZATION)?.source
  if (source === undefined) return [{ rule, path: AUTHORIZATION, text: 'The file is missing.' }]
  return endpoints
    .filter((name) => !new RegExp(`\\b${name}\\b`).test(source))
    .map((name) => ({ rule, path: AUTHORIZATION, text: `Add a case for ${name}.` }))
}

/** Every declared error is raised in the server, expected by a test, and has its line in the reference. */
export function checkErrors(tree: Tree, codes: readonly string[] = ERROR_CODES): Violation[] {
  const path = 'packages/contract/src/errors.ts'
  const server = tree.code.filter((file) => file.path.startsWith('packages/server/'))
  const raised = new Set(server.filter(({ isTest }) => !isTest).flatMap(stringsOf))
  const expected = new Set(tree.code.filter(({ isTest }) => isTest).flatMap(stringsOf))
  const page = tree.files.find((file) => file.path === ERRORS_PAGE)?.source ?? ''
  return codes.flatMap((code) => {
    const found: Violation[] = []
    const report = (rule: string, text: string) => found.push({ rule, path, text })
    if (!raised.has(code)) report('error-raised', `Nothing raises ${code}: raise it or remove it.`)
    if (!expected.has(code))
      report('error-tested', `No test expects ${code}: add one that provokes it.`)
    if (!page.includes(`\`${code}\``))
      report('error-documented', `${ERRORS_PAGE} lacks ${code}: run \`npm run generate\`.`)
    return found
  })
}

function stringsOf({ syntax }: Tree['code'][number]): string[] {
  return syntax.strings.map(({ text }) => text)
}
