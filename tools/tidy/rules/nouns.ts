/** Every noun exists in every layer: an endpoint's noun is listed, and has module, page, command and words. */
import { API } from '@spillway/contract'
import { NOUNS, type NounHome } from '../nouns.ts'
import type { Tree, Violation } from '../tree.ts'

const PATH = 'tools/tidy/nouns.ts'

type Nouns = Readonly<Record<string, NounHome>>

export function checkNouns(
  tree: Tree,
  nouns: Nouns = NOUNS,
  endpoints: readonly string[] = Object.values(API).map(({ id }) => id),
): Violation[] {
  const used = new Set(endpoints.map((id) => id.split('.')[0] ?? id))
  const unlisted = [...used]
    .filter((noun) => !nouns[noun])
    .map((noun) => ({ rule: 'nouns', path: PATH, text: `List ${noun}, which an endpoint uses.` }))
  const incomplete = Object.entries(nouns).flatMap(([noun, home]) => judge(tree, noun, home))
  return [...unlisted, ...incomplete]
}

function judge(tree: Tree, noun: string, { module, page, command }: NounHome): Violation[] {
  const found: Violation[] = []
  const report = (text: string) => found.push({ rule: 'nouns', path: PATH, text })
  const pagePath = `packages/console/src/features/${page}`
  const commandPath = `packages/cli/src/commands/${command}.ts`
  if (!tree.paths.has(pagePath)) report(`${noun} has no page: ${pagePath} is missing.`)
  if (!tree.paths.has(commandPath)) report(`${noun} has no command: ${commandPath} is missing.`)
  if (module === 'platform') return found
  const readmePath = `packages/server/src/modules/${module}/README.md`
  const readme = tree.files.find(({ path }) => path === readmePath)
  if (!readme) report(`${noun} has no module: ${readmePath} is missing.`)
  else if (!readme.source.toLowerCase().replaceAll('_', ' ').includes(noun.replace('_', ' ')))
    report(`${noun} has no words: name it in ${readmePath}.`)
  return found
}
