/** `spillway events`: the live stream of facts, until Ctrl-C. Continues after a break where it stopped. */
import { Event } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { followStream } from '../follow/live-stream.ts'
import type { Paint } from '../output/paint.ts'
import { toLine } from '../output/text.ts'
import { renderClock } from '../output/time.ts'

interface EventOptions {
  readonly after?: string
  readonly type?: string
}

export function addEventCommand(program: Command, context: Context): void {
  addCommand<EventOptions>(program, context, {
    usage: 'events',
    summary: 'Follow what happens, live, until Ctrl-C',
    details: 'With --json, one document a line.',
    example: 'spillway events --type lease.',
    persona: 'operator',
    options: [
      new Option('--after <position>', 'begin after this position instead of now'),
      new Option('--type <start>', 'only types that start so'),
    ],
    run: followEvents,
  })
}

function followEvents(call: Call<EventOptions>): Promise<number> {
  const { after, type = '' } = call.options
  return followStream<Event>(call, {
    after,
    open: (position, signal) =>
      call
        .client()
        .streamEvents({ query: position === undefined ? {} : { after: position }, signal }),
    parse: (document) => Event.safeParse(document).data ?? null,
    show: async (event) => {
      if (event.type.startsWith(type)) await show(call, event)
    },
  })
}

async function show({ output, surroundings, isJson }: Call<object>, event: Event): Promise<void> {
  if (isJson) await output.write(`${JSON.stringify(event)}\n`)
  else await output.print(renderEvent(event, surroundings.nowMs(), output.paint))
}

function renderEvent(event: Event, nowMs: number, paint: Paint): string {
  const { text, ...data } = event.data
  const details = Object.entries(data)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${plain(value)}`)
  // The sentence says what the details say; --json has both.
  const what = typeof text === 'string' ? toLine(text) : details.join('  ')
  const parts = [
    paint('dim', renderClock(event.at, nowMs)),
    paint('bold', event.type),
    event.subject,
    what,
    paint('dim', event.organization ?? ''),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

function plain(value: unknown): string {
  return toLine(typeof value === 'string' ? value : JSON.stringify(value))
}
