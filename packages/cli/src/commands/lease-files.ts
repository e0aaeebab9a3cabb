/** The options that carry files into a lease and out of it. */
import type { LeaseInput, LeaseOutput } from '@spillway/contract'
import { InvalidArgumentError, Option } from 'commander'

export interface FileOptions {
  readonly input?: readonly LeaseInput[]
  readonly output?: readonly LeaseOutput[]
}

export function fileOptions(): readonly Option[] {
  return [
    new Option(
      '--input <path=url>',
      'a file that is fetched before the command starts; repeat it for more',
    ).argParser(transfer),
    new Option(
      '--output <path=url>',
      'a file that is sent by PUT when the command has ended; repeat it for more',
    ).argParser(transfer),
  ]
}

function transfer(text: string, previous: readonly LeaseOutput[] = []): readonly LeaseOutput[] {
  const equals = text.indexOf('=')
  const [path, url] = [text.slice(0, Math.max(0, equals)), text.slice(equals + 1)]
  if (path === '' || !/^(https?:\/\/|data:)/.test(url))
    throw new InvalidArgumentError(
      'Write PATH=URL, such as data/set.tar=https://store.example/set.tar?signature=…',
    )
  return [...previous, { path, url }]
}

/** The fields of the request body. */
export function fileBody({ input, output }: FileOptions) {
  return {
    ...(input === undefined ? {} : { inputs: [...input] }),
    ...(output === undefined ? {} : { outputs: [...output] }),
  }
}
