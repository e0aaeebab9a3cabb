import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { renderCompletion, type CommandNode } from './completion.ts'

const TREE: CommandNode = {
  name: 'spillway',
  summary: '',
  options: [{ long: '--as', summary: 'who', choices: ['demo', 'operator'] }],
  children: [
    {
      name: 'lease',
      summary: "the buyer's work",
      options: [],
      children: [
        {
          name: 'list',
          summary: 'list them',
          options: [{ long: '--state', summary: 'only these', choices: ['pending', 'running'] }],
          children: [],
        },
      ],
    },
  ],
}

/** What bash would offer after these words, of which the last is being typed. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `${renderCompletion('bash', TREE)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _spillway; printf '%s\\n' "\${COMPREPLY[@]}"`
  const out = execFileSync('bash', ['-c', script, 'bash', 'spillway', ...words], {
    encoding: 'utf8',
  })
  return out.split('\n').filter((line) => line !== '')
}

test('bash offers commands, options and choices where they belong', () => {
  expect(offered('le')).toEqual(['lease'])
  expect(offered('lease', '')).toEqual(['list', '--as', '--help'])
  expect(offered('lease', 'list', '--s')).toEqual(['--state'])
  expect(offered('--as', 'operator', 'lease', 'list', '--state', 'r')).toEqual(['running'])
})

test('behind -- it is the command’s own files that are offered', () => {
  expect(offered('lease', 'list', '--', 'no-such-file')).toEqual([])
})

test('zsh reads the same script, and fish quotes what it is told', () => {
  expect(renderCompletion('zsh', TREE)).toContain('bashcompinit')
  expect(renderCompletion('fish', TREE)).toContain(`-a lease -d 'the buyer\\'s work'`)
})
