/** `spillway completion`: scripts that complete commands and options, made from the command tree itself. */
import { Argument, type Command } from 'commander'
import { addCommand, type Context } from '../command.ts'
import { renderCompletion, type CommandNode, type Shell } from '../output/completion.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export function addCompletionCommand(program: Command, context: Context): void {
  addCommand(program, context, {
    usage: 'completion',
    summary: 'Print a script that completes commands and options',
    example: 'source <(spillway completion bash)',
    persona: 'demo',
    arguments: [new Argument('<shell>', 'which shell').choices(SHELLS)],
    run: async (call) => {
      const shell = SHELLS.find((each) => each === call.words[0]) ?? 'bash'
      await call.output.print(renderCompletion(shell satisfies Shell, nodeOf(program)))
    },
  })
}

function nodeOf(command: Command): CommandNode {
  return {
    name: command.name(),
    summary: command.summary(),
    options: command.options
      .filter((option) => option.long !== undefined)
      .map((option) => ({
        long: option.long ?? '',
        summary: option.description,
        choices: option.argChoices ?? [],
      })),
    children: command.commands.map(nodeOf),
  }
}
