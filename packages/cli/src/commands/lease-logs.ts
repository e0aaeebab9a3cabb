/** `spillway lease logs`: what the command wrote. */
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { createLineTail, readLogs, type LogReading } from '../follow/logs.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findLease, leaseArgument } from './lease-argument.ts'
import { followToEnd } from './work.ts'

interface LogOptions {
  readonly follow?: boolean
  readonly tail?: number
}

export function addLeaseLogs(group: Command, context: Context): void {
  addCommand<LogOptions>(group, context, {
    usage: 'logs',
    summary: 'Show what the command wrote',
    details:
      'Followed, it runs until the lease ends and exits with the exit code of the command; Ctrl-C only ' +
      'detaches. With --json it is one JSON string or, followed, the ended lease with the log on stderr.',
    example: 'spillway lease logs -f 4kq2',
    persona: 'demo',
    arguments: [leaseArgument()],
    options: [
      new Option('-f, --follow', 'keep showing, until the lease ends'),
      new Option('--tail <n>', 'start with the last n lines').argParser(
        wholeNumber({ least: 0, most: 1_000_000 }),
      ),
    ],
    run: showLogs,
  })
}

async function showLogs(call: Call<LogOptions>): Promise<number> {
  const { options, output } = call
  const id = await findLease(call)
  const client = call.client()
  const take = call.isJson && options.follow === true ? output.writeNote : output.write
  const cursor = { offset: 0 }
  const signal = new AbortController().signal
  const reading = { client, id, signal, isFollowing: false, cursor }
  if (options.follow === true) {
    if (options.tail !== undefined) await take(await readTail(reading, options.tail))
    // What has happened so far is known or can be looked up; from here on it is told.
    const facts = await client.listLeaseFacts({ params: { id } })
    const as = call.connection().persona === 'operator' ? ' --as operator' : ''
    const seen = { offset: cursor.offset, factsSkipped: facts.items.length }
    return followToEnd(call, { id }, { as, ...seen })
  }
  if (options.tail === undefined && !call.isJson) await readLogs({ ...reading, take })
  else {
    const text = await readTail(reading, options.tail ?? Number.POSITIVE_INFINITY)
    if (call.isJson) await output.printDocument(Buffer.from(text).toString('utf8'))
    else await output.write(text)
  }
  return EXIT.ok
}

/** Reads the whole log, so that it is known where to go on, and keeps its last lines. */
async function readTail(reading: Omit<LogReading, 'take'>, lines: number): Promise<Uint8Array> {
  const tail = createLineTail(lines)
  await readLogs({
    ...reading,
    take: (chunk) => {
      tail.push(chunk)
      return Promise.resolve()
    },
  })
  return tail.take()
}
