/** Completion scripts for three shells, from a tree of commands. Pure; knows commands and options, not identifiers. */

export type Shell = 'bash' | 'zsh' | 'fish'

export interface OptionNode {
  readonly long: string
  readonly summary: string
  readonly choices: readonly string[]
}

export interface CommandNode {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionNode[]
  readonly children: readonly CommandNode[]
}

/** The script, to be sourced by the shell. */
export function renderCompletion(shell: Shell, root: CommandNode): string {
  if (shell === 'fish') return renderFish(root)
  // zsh runs bash's completion functions as they are.
  return shell === 'zsh'
    ? `autoload -U +X bashcompinit && bashcompinit\n${renderBash(root)}`
    : renderBash(root)
}

interface Place {
  readonly path: readonly string[]
  readonly node: CommandNode
}

function places(node: CommandNode, path: readonly string[] = []): readonly Place[] {
  return [{ path, node }, ...node.children.flatMap((child) => places(child, [...path, child.name]))]
}

/** Finds the command typed so far by its non-option words, then offers what may follow it. */
function renderBash(root: CommandNode): string {
  const all = places(root)
  const global = root.options.map((option) => option.long)
  const words = all.map(({ path, node }) => {
    const offered = [
      ...node.children.map((child) => child.name),
      ...(node === root ? [] : node.options.map((option) => option.long)),
      ...global,
      '--help',
    ]
    return `    '${path.join(' ')}') words='${offered.join(' ')}' ;;`
  })
  const choices = all.flatMap(({ path, node }) =>
    node.options
      .filter((option) => option.choices.length > 0)
      .map(
        (option) =>
          `    '${[...path, option.long].join(' ')}') words='${option.choices.join(' ')}' ;;`,
      ),
  )
  const known = all.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(' ')}'`)
  return `_spillway() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} place='' words='' word
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    [ "$word" = -- ] && { COMPREPLY=( $(compgen -f -- "$current") ); return; }
    case "\${place:+$place }$word" in
      ${known.join('|')}) place="\${place:+$place }$word" ;;
    esac
  done
  case "$place" in
${words.join('\n')}
  esac
  case "\${place:+$place }$previous" in
${choices.join('\n')}
  esac
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
}
complete -F _spillway spillway`
}

function renderFish(root: CommandNode): string {
  const lines = places(root).flatMap(({ path, node }) => {
    const condition = path.length === 0 ? '' : `-n '${fishCondition(path, node)}' `
    const here = path.length === 0 ? `-n __fish_use_subcommand ` : condition
    return [
      ...node.children.map(
        (child) => `complete -c spillway -f ${here}-a ${child.name} -d ${quote(child.summary)}`,
      ),
      ...node.options.map(
        (option) =>
          `complete -c spillway ${condition}-l ${option.long.slice(2)} -d ${quote(option.summary)}` +
          (option.choices.length > 0 ? ` -x -a ${quote(option.choices.join(' '))}` : ''),
      ),
    ]
  })
  return lines.join('\n')
}

/** All words of the path were typed, and none of the commands below it yet. */
function fishCondition(path: readonly string[], node: CommandNode): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`)
  const below = node.children.map((child) => child.name)
  const unseen = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : []
  return [...seen, ...unseen].join('; and ')
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
