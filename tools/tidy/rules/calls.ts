/** Rules on calls that reach into the world: each has a literal list of homes with a reason, and the core has none. */
import { BANS, type Ban } from '../homes.ts'
import { roleOf, moduleOf } from '../layers.ts'
import type { Use } from '../syntax.ts'
import type { CodeFile, Tree, Violation } from '../tree.ts'

/** Production code calls a banned thing only at home. Tests, tools, benchmarks and examples may. */
export function checkCalls(tree: Tree, bans: readonly Ban[] = BANS): Violation[] {
  const found = production(tree).flatMap((file) => bans.flatMap((ban) => judge(file, ban)))
  const unused = bans.flatMap((ban) =>
    Object.keys(ban.homes)
      .filter((home) => !production(tree).some((file) => isAt(file.path, home) && uses(file, ban)))
      .map((home) => ({
        rule: 'calls',
        path: home,
        text: `Nothing there uses ${ban.name} any more: remove the home from tools/tidy/homes.ts.`,
      })),
  )
  return [...found, ...unused]
}

/** What a pure core may not reach for, wherever it lies. */
const IMPURE =
  /^(Date\.now|new Date|performance\.now|process\.\w+|Math\.random|(crypto\.)?random(UUID|Bytes|Int)|console\.\w+|fetch|setTimeout|setInterval|setImmediate)$/

/** Whether a use is forbidden to the core. `new Date(ms)` only converts. */
export function isImpure({ name, argument }: Use): boolean {
  return IMPURE.test(name) && !(name === 'new Date' && argument !== '')
}

/** A module's core is given clock, randomness and environment as arguments. */
export function checkCorePurity(tree: Tree): Violation[] {
  const cores = production(tree).filter(
    ({ path }) => moduleOf(path) !== null && roleOf(path) === 'core',
  )
  return cores.flatMap(({ path, syntax }) =>
    syntax.uses.filter(isImpure).map(({ name, line }) => ({
      rule: 'core-purity',
      path,
      line,
      text: `The core may not use ${name}; take the value as an argument.`,
    })),
  )
}

function production(tree: Tree): CodeFile[] {
  return tree.code.filter(({ path, isTest }) => path.startsWith('packages/') && !isTest)
}

function judge(file: CodeFile, ban: Ban): Violation[] {
  if (Object.keys(ban.homes).some((home) => isAt(file.path, home))) return []
  return matches(file, ban).map(({ line }) => ({
    rule: 'calls',
    path: file.path,
    line,
    text: `${ban.name} is not used here: ${ban.instead}`,
  }))
}

function uses(file: CodeFile, ban: Ban): boolean {
  return matches(file, ban).length > 0
}

function matches(file: CodeFile, ban: Ban) {
  return file.syntax.uses.filter(({ name, argument }) => ban.matches(name, argument))
}

/** A home is a file, or a folder when it ends with a slash. */
function isAt(path: string, home: string): boolean {
  return home.endsWith('/') ? path.startsWith(home) : path === home
}
