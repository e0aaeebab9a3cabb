/** A draft of a lease as a command line of the CLI and as curl. A half-written one still shows both. Pure. */
import { FormRefusal } from '../../ui/form-resolver.ts'
import { quoteWord, quoteWords, splitCommand } from './command-words.ts'
import { EMPTY_DRAFT, HOUR_MS, type LeaseDraft, SECOND_MS, toRequest } from './lease-draft.ts'

const CLI_UNITS = [
  ['h', HOUR_MS],
  ['m', 60_000],
  ['s', SECOND_MS],
  ['ms', 1],
] as const

/** A typed number of units as the CLI wants durations: `1h30m`; empty while it is not one. */
export function cliDuration(text: string, unitMs: number): string {
  let left = Math.round(Number(text.replace(',', '.')) * unitMs)
  if (text.trim() === '' || !Number.isFinite(left) || left < 0) return ''
  const parts = CLI_UNITS.map(([unit, sizeMs]) => {
    const count = Math.floor(left / sizeMs)
    left -= count * sizeMs
    return count === 0 ? '' : `${count}${unit}`
  })
  return parts.join('') || '0'
}

type Option = readonly [name: string, value: string]

/** What only a lease that is sold has. */
function termsOf(draft: LeaseDraft): readonly Option[] {
  if (draft.kind === 'anchor') return []
  const price: Option = ['--max-price', draft.maxPrice.trim()]
  if (draft.mode === 'interactive') return [['--tier', draft.kind], price]
  const isRetried = draft.requeue === 'on_failure'
  return [
    ['--tier', draft.kind],
    price,
    ['--notice-signal', unlessDefault(draft, 'noticeSignal')],
    ['--requeue', unlessDefault(draft, 'requeue')],
    ['--failures-max', isRetried ? unlessDefault(draft, 'failuresMax') : ''],
  ]
}

function modeOf(draft: LeaseDraft): readonly Option[] {
  if (draft.mode === 'interactive')
    return [['--idle-limit', cliDuration(draft.idleLimitHours, HOUR_MS)]]
  if (draft.mode === 'job') return []
  const port = draft.port.trim()
  return [
    ['--port', port === '' || port === '0' ? 'auto' : port],
    ['--health-path', draft.healthPath.trim()],
  ]
}

function unlessDefault(draft: LeaseDraft, field: keyof LeaseDraft): string {
  const typed = draft[field].trim()
  return typed === EMPTY_DRAFT[field] ? '' : typed
}

/** The lines of a field that can be written as options already. */
function eachLine(name: string, text: string): readonly Option[] {
  const lines = text.split('\n').filter((line) => line.indexOf('=') > 0)
  return lines.map((line): Option => [name, line])
}

/** A secret is taken from where the line runs, so that it does not stand in it. */
function secretsOf({ secrets }: LeaseDraft): readonly Option[] {
  return eachLine('--secret', secrets).map(([name, line]): Option => {
    return [name, line.slice(0, line.indexOf('=')).trim()]
  })
}

const VERBS = { job: 'lease create', service: 'lease create', interactive: 'lease shell' } as const

/** The same as a command line of the CLI. */
export function renderCli(draft: LeaseDraft): string {
  return renderCommandLine(draft.kind === 'anchor' ? 'anchor run' : VERBS[draft.mode], draft)
}

/** A command line of any verb that takes what a lease takes, and perhaps more. */
export function renderCommandLine(
  verb: string,
  draft: LeaseDraft,
  more: readonly Option[] = [],
): string {
  const options: readonly Option[] = [
    ['--gpus', draft.gpus.trim() || '1'],
    ['--nodes', draft.nodes.trim()],
    ['--fabric', unlessDefault(draft, 'fabric')],
    ['--pool', draft.pool],
    ['--site', draft.site],
    ...termsOf(draft),
    ...modeOf(draft),
    ['--name', draft.name.trim()],
    ['--image', draft.image.trim()],
    ['--time-limit', cliDuration(draft.timeLimitHours, HOUR_MS)],
    ['--grace', cliDuration(unlessDefault(draft, 'graceSeconds'), SECOND_MS)],
    ['--workdir', draft.workingDirectory.trim()],
    ...eachLine('--env', draft.environment),
    ...secretsOf(draft),
    ...eachLine('--input', draft.inputs),
    ...eachLine('--output', draft.outputs),
    ...more,
  ]
  const written = options
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name} ${quoteWord(value)}`)
  return [`npx spillway ${verb}`, ...written, ...commandOf(draft)].join(' ')
}

/** A half-written draft still shows a command line, and a terminal needs no command. */
function commandOf({ command, mode, image }: LeaseDraft): readonly string[] {
  const split = splitCommand(command)
  const words = split.kind === 'words' ? split.words : []
  if (words.length > 0) return ['--', quoteWords(words)]
  return mode === 'interactive' || image.trim() !== '' ? [] : ['--', 'COMMAND']
}

/** The same as curl, with the key left to the reader's environment. */
export function renderCurl(draft: LeaseDraft, origin: string): string {
  const path = draft.kind === 'anchor' ? '/api/v1/anchor/leases' : '/api/v1/leases'
  return renderPost(`${origin}${path}`, () => toRequest(draft))
}

/** Sends what a form stands for; nothing while no request can be made of it. */
export function renderPost(url: string, request: () => object): string {
  let body: string
  try {
    body = JSON.stringify(request())
  } catch (error) {
    if (!(error instanceof FormRefusal)) throw error
    body = '{}'
  }
  return [
    `curl ${url} \\`,
    '  -H "Authorization: Bearer $SPILLWAY_KEY" \\',
    `  -H 'Content-Type: application/json' \\`,
    '  -H "Idempotency-Key: $(uuidgen)" \\',
    `  -d ${quoteWord(body)}`,
  ].join('\n')
}
