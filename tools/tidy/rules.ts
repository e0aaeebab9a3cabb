/** Every tidy rule: the sentence that its test is named by, the names its violations carry, and the check itself. */
import { checkCalls, checkCorePurity } from './rules/calls.ts'
import { checkAuthorizationCases, checkErrors } from './rules/catalogues.ts'
import { checkOpeningComments, checkUnfinished } from './rules/comments.ts'
import { checkCycles } from './rules/cycles.ts'
import { checkDependencies } from './rules/dependencies.ts'
import {
  checkLayers,
  checkModuleGraph,
  checkParts,
  checkPublicFaces,
  checkRoles,
} from './rules/layers.ts'
import { checkMoneyNumbers } from './rules/money.ts'
import { checkFileNames } from './rules/names.ts'
import { checkNouns } from './rules/nouns.ts'
import { checkDecisions, checkLinks, checkModuleReadmes } from './rules/pages.ts'
import { checkFileSizes, checkFunctionSizes } from './rules/sizes.ts'
import { checkSurroundings } from './rules/surroundings.ts'
import { checkTableOwners, checkTableUse } from './rules/tables.ts'
import type { Tree, Violation } from './tree.ts'

export interface Rule {
  readonly sentence: string
  readonly names: readonly string[]
  readonly check: (tree: Tree) => Violation[]
}

const rule = (name: string, sentence: string, check: Rule['check']): Rule => ({
  sentence,
  names: [name],
  check,
})

export const RULES: readonly Rule[] = [
  rule('layers', 'a layer imports only the layers below it', checkLayers),
  rule('module-graph', 'a module imports only the modules the graph allows', checkModuleGraph),
  rule('cycles', 'no files import each other in a circle, types included', checkCycles),
  rule('public-face', 'a module is used only through its index.ts', checkPublicFaces),
  rule('roles', 'core, store, service and edges know only what they may', (tree) => [
    ...checkRoles(tree),
    ...checkParts(tree),
  ]),
  rule('core-purity', 'the pure core reads no clock, randomness or environment', checkCorePurity),
  rule('file-size', 'no file is too long', checkFileSizes),
  rule('function-size', 'no function is too long or takes too much', checkFunctionSizes),
  rule('names', 'files are named after what they hold', checkFileNames),
  rule('calls', 'calls out of the program stay in their homes', checkCalls),
  rule('money-numbers', 'money never becomes a double', checkMoneyNumbers),
  rule('nouns', 'every noun has a module, a page, a command and words', checkNouns),
  rule('authorization-cases', 'every endpoint has authorization cases', checkAuthorizationCases),
  {
    sentence: 'every error code is raised, tested and documented',
    names: ['error-raised', 'error-tested', 'error-documented'],
    check: (tree) => checkErrors(tree),
  },
  rule('table-owners', 'every table has exactly one owner', checkTableOwners),
  rule('table-use', 'code names only the tables of its own module', checkTableUse),
  rule('module-readme', 'every module README has its four headings', checkModuleReadmes),
  rule('decisions', 'decisions are numbered one after another', checkDecisions),
  rule('links', 'links between pages lead somewhere', checkLinks),
  rule('opening-comment', 'every file opens by saying what it is', checkOpeningComments),
  rule('unfinished', 'nothing is left unfinished without an issue', checkUnfinished),
  rule('surroundings', 'nothing tells of the machine it was written on', checkSurroundings),
  rule('dependencies', 'every dependency is pinned and has its reason', checkDependencies),
]
