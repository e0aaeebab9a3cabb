/** `spillway events`: the live stream of facts, until Ctrl-C. Continues after a break where it stopped. */
import { Event } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { Paint } from '../output/paint.ts'
import { toLine } from '../output/text.ts'
import { renderClock } from '../output/time.ts'
import { parseJson } from '../parse/json.ts'
import { readEvents } from '../parse/sse.ts'
import { isAway } from '../transport.ts'

interface EventOptions {
  readonly after?: string
  readonly type?: string
}

const RETRY_MS = 1000

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

async function followEvents(call: Call<EventOptions>): Promise<number> {
  const { surroundings, output, options } = call
  const stop = new AbortController()
  const stopListening = surroundings.onInterrupt(() => stop.abort())
  const place: Place = { after: options.after, isConnected: false }
  try {
    for (;;) {
      await showUntilBreak(call, place, stop.signal)
      if (stop.signal.aborted) return EXIT.detached
      output.progress('the connection is lost; waiting for the server')
      await surroundings.wait(RETRY_MS, stop.signal)
    }
  } finally {
    output.progress(null)
    stopListening()
  }
}

/** Where the stream is to go on. */
interface Place {
  after: string | undefined
  isConnected: boolean
}

async function showUntilBreak(
  call: Call<EventOptions>,
  place: Place,
  signal: AbortSignal,
): Promise<void> {
  try {
    const response = await openStream(call, place.after, signal)
    call.output.progress(null)
    if (!place.isConnected) await call.output.note('Following; Ctrl-C ends it.')
    place.isConnected = true
    for await (const event of factsOf(response)) {
      place.after = event.position
      if (event.type.startsWith(call.options.type ?? '')) await show(call, event)
    }
  } catch (error) {
    // A stream that once flowed is waited for; one that never did is a failure.
    if (!signal.aborted && !(place.isConnected && isBreak(error))) throw error
  }
}

function openStream(
  call: Call<object>,
  after: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  return call.client().streamEvents({ query: after === undefined ? {} : { after }, signal })
}

async function* factsOf(response: Response): AsyncGenerator<Event> {
  for await (const { data } of readEvents(response.body)) {
    const parsed = Event.safeParse(parseJson(data))
    // Other traffic of the stream, such as a greeting, is not a fact.
    if (parsed.success) yield parsed.data
  }
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

/** Node tells of a stream that broke in the middle by a bare TypeError. */
function isBreak(error: unknown): boolean {
  return isAway(error) || error instanceof TypeError
}
