/**
 * What the tidy rules know of a file's syntax: imports, functions, uses of globals, strings. One walk over the tree
 * that oxc-parser makes; types are not looked at, because the compiler and the linter do that.
 */
import { parseSync, visitorKeys } from 'oxc-parser'

export interface Import {
  readonly specifier: string
  readonly line: number
  /** True when only types come in. */
  readonly isType: boolean
}

export interface FunctionShape {
  readonly name: string
  readonly line: number
  /** Without the functions that are members of an object in it: a table of handlers is a list, not a long function. */
  readonly lines: number
  readonly parameters: number
  readonly hasJsx: boolean
}

/** A call, or a read of a global's property: `Date.now`, `new Date()`, `process.env`, `selectFrom`. */
export interface Use {
  readonly name: string
  readonly line: number
  /** The source text of the arguments; empty for a read. */
  readonly argument: string
}

export interface Syntax {
  readonly imports: readonly Import[]
  readonly functions: readonly FunctionShape[]
  readonly uses: readonly Use[]
  /** Text of string literals and of the fixed parts of templates. */
  readonly strings: readonly { readonly text: string; readonly line: number }[]
  /** Lines of the comment that opens the file; 0 when something else does. */
  readonly openingLines: number
  readonly errors: readonly string[]
}

interface AstNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** Parses a file. A file that does not parse shows in `errors`. */
export function parseSyntax(path: string, source: string): Syntax {
  const parsed = parseSync(path, source)
  const lineOf = lineFinder(source)
  const walk = new Walk(source, lineOf)
  walk.visit(parsed.program as unknown as AstNode, 'file', null)
  const statics = parsed.module.staticImports.map(({ moduleRequest, entries, start, end }) => ({
    specifier: moduleRequest.value,
    line: lineOf(start),
    isType:
      source.slice(start, end).startsWith('import type') ||
      (entries.length > 0 && entries.every(({ isType }) => isType)),
  }))
  const reexports = parsed.module.staticExports.flatMap(({ entries, start }) => {
    const from = entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest
    if (!from) return []
    return [
      {
        specifier: from.value,
        line: lineOf(start),
        isType: entries.every(({ isType }) => isType),
      },
    ]
  })
  return {
    imports: [...statics, ...reexports, ...walk.dynamicImports],
    functions: walk.functions,
    uses: walk.uses,
    strings: walk.strings,
    openingLines: countOpeningLines(source, parsed.comments),
    errors: parsed.errors.map(({ message }) => message),
  }
}

/** Collects what the rules need, in one pass. */
class Walk {
  readonly functions: FunctionShape[] = []
  readonly uses: Use[] = []
  readonly strings: { text: string; line: number }[] = []
  readonly dynamicImports: Import[] = []
  readonly #source: string
  readonly #lineOf: (offset: number) => number
  /** Of each function around the place of the walk: lines of members in it, counted on their own. */
  readonly #memberLines: number[] = []

  constructor(source: string, lineOf: (offset: number) => number) {
    this.#source = source
    this.#lineOf = lineOf
  }

  /** Visits a node and everything below; answers whether JSX is in it. */
  visit(node: AstNode, name: string, parent: AstNode | null): boolean {
    this.#collect(node, parent)
    if (isFunction(node)) this.#memberLines.push(0)
    let hasJsx = node.type === 'JSXElement' || node.type === 'JSXFragment'
    for (const key of visitorKeys[node.type] ?? []) {
      for (const child of asNodes(node[key])) {
        if (this.visit(child, nameFor(node, child) ?? name, node)) hasJsx = true
      }
    }
    if (isFunction(node))
      this.#collectFunction(node, parent, { name: ownName(node) ?? name, hasJsx })
    return hasJsx
  }

  #collect(node: AstNode, parent: AstNode | null) {
    const line = this.#lineOf(node.start)
    if (node.type === 'Literal' && typeof node['value'] === 'string')
      this.strings.push({ text: node['value'], line })
    if (node.type === 'TemplateElement')
      this.strings.push({ text: this.#source.slice(node.start, node.end), line })
    if (node.type === 'CallExpression' || node.type === 'NewExpression') {
      const inside = asNodes(node['arguments'])
      const text = this.#source.slice(inside[0]?.start ?? 0, inside.at(-1)?.end ?? 0)
      this.uses.push({ name: this.#calleeName(node), line, argument: text })
    }
    if (node.type === 'MemberExpression' && !isCallee(node, parent))
      this.uses.push({ name: this.#source.slice(node.start, node.end), line, argument: '' })
    if (node.type === 'ImportExpression' || node.type === 'TSImportType') {
      const from = (node['source'] ?? node['argument']) as AstNode
      const specifier = typeof from['value'] === 'string' ? from['value'] : ''
      this.dynamicImports.push({ specifier, line, isType: node.type === 'TSImportType' })
    }
  }

  /** `Date.now` for what hangs on a plain name, `selectFrom` for a method of anything longer. */
  #calleeName(node: AstNode): string {
    const callee = node['callee'] as AstNode
    const text = this.#source.slice(callee.start, callee.end).replaceAll('?.', '.')
    const name = /^[\w$]+(\.[\w$]+)?$/.test(text) ? text : (text.split('.').at(-1) ?? text)
    if (node.type === 'CallExpression') return name
    return `new ${name}`
  }

  #collectFunction(
    node: AstNode,
    parent: AstNode | null,
    { name, hasJsx }: { name: string; hasJsx: boolean },
  ) {
    const line = this.#lineOf(node.start)
    const total = this.#lineOf(node.end) - line + 1
    const members = this.#memberLines.pop() ?? 0
    const around = this.#memberLines.pop()
    if (around !== undefined)
      this.#memberLines.push(around + (parent?.type === 'Property' ? total - 1 : members))
    const parameters = asNodes(node['params']).filter((each) => each['name'] !== 'this').length
    this.functions.push({ name, line, lines: total - members, parameters, hasJsx })
  }
}

function isCallee(node: AstNode, parent: AstNode | null): boolean {
  return parent?.type === 'CallExpression' && parent['callee'] === node
}

function isFunction(node: AstNode): boolean {
  if (node.type === 'ArrowFunctionExpression') return true
  return (
    (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') && !!node['body']
  )
}

/** The name that a node gives its child: of a declaration, a variable, a property. */
function nameFor(node: AstNode, child: AstNode): string | null {
  const holder = (node['id'] ?? node['key']) as AstNode | null | undefined
  if (!holder || holder === child || typeof holder !== 'object') return null
  return typeof holder['name'] === 'string' ? holder['name'] : null
}

function ownName(node: AstNode): string | null {
  const id = node['id'] as AstNode | null | undefined
  return typeof id?.['name'] === 'string' ? id['name'] : null
}

function asNodes(value: unknown): AstNode[] {
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return all.filter(
    (each): each is AstNode => typeof each === 'object' && each !== null && 'type' in each,
  )
}

function lineFinder(source: string): (offset: number) => number {
  const starts = [0]
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1))
    starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

function countOpeningLines(
  source: string,
  comments: readonly { type: string; start: number; end: number; value: string }[],
): number {
  const body = source.replace(/^#!.*\n/, '')
  const shebang = source.length - body.length
  const first = comments.find(({ start }) => start >= shebang)
  if (!first || source.slice(shebang, first.start).trim() !== '') return 0
  if (first.type === 'Block') return first.value.split('\n').length
  return /^(\s*\/\/.*\n)*/.exec(body)?.[0].trimEnd().split('\n').length ?? 0
}
