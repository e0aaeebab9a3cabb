/** Rules on written pages: module READMEs have their four headings, links lead somewhere, decisions are numbered. */
import { posix } from 'node:path'
import { moduleOf } from '../layers.ts'
import type { SourceFile, Tree, Violation } from '../tree.ts'

const HEADINGS = ['Owns', 'Does not own', 'Invariants', 'Example']
const LINK = /\]\(([^)\s]+)\)/g

export function checkModuleReadmes(tree: Tree): Violation[] {
  const rule = 'module-readme'
  const modules = new Set(
    tree.files.flatMap(({ path }) => {
      const name = moduleOf(path)
      return name === null ? [] : [`packages/server/src/modules/${name}`]
    }),
  )
  return [...modules].flatMap((folder) => {
    const path = `${folder}/README.md`
    const readme = tree.files.find((file) => file.path === path)
    if (!readme) return [{ rule, path, text: `Write it: ${HEADINGS.join(', ')}.` }]
    return HEADINGS.filter(
      (heading) => !new RegExp(`^#+ ${heading}\\b`, 'im').test(readme.source),
    ).map((heading) => ({ rule, path, text: `Add the heading “${heading}”.` }))
  })
}

export function checkLinks(tree: Tree): Violation[] {
  return tree.files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap((page) => brokenLinks(page, tree))
}

function brokenLinks({ path, source }: SourceFile, tree: Tree): Violation[] {
  const prose = source.replace(/```[\s\S]*?```/g, (block) => block.replace(/[^\n]/g, ''))
  return [...prose.matchAll(LINK)].flatMap((match) => {
    const [address = ''] = (match[1] ?? '').split('#')
    if (address === '' || /^[a-z]+:/.test(address)) return []
    const target = posix.join(posix.dirname(path), address).replace(/\/$/, '')
    if (tree.paths.has(target)) return []
    if ([...tree.paths].some((each) => each.startsWith(`${target}/`))) return []
    const line = prose.slice(0, match.index).split('\n').length
    return [{ rule: 'links', path, line, text: `${address} does not exist.` }]
  })
}

const DECISION = /^docs\/decisions\/((\d{4})-[^/]+\.md)$/

/** Decisions are numbered without a gap, each number once, and their headings say the number that their names do. */
export function checkDecisions(tree: Tree): Violation[] {
  const decisions = tree.files.flatMap(({ path, source }) => {
    const [, name, number] = DECISION.exec(path) ?? []
    return name && number ? [{ path, name, number, source }] : []
  })
  const inOrder = decisions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return inOrder.flatMap(({ path, number, source }, index) => {
    const wanted = String(index + 1).padStart(4, '0')
    if (number !== wanted)
      return [
        { rule: 'decisions', path, text: `Give it the number ${wanted}: it is the next one.` },
      ]
    if (source.startsWith(`# ${number} `)) return []
    return [{ rule: 'decisions', path, text: `Let its heading begin with “# ${number} ”.` }]
  })
}
