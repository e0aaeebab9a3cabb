/** `spillway guardrail`: what is looked for in prompts and answers, and what happens when it is found. */
import { type GuardrailCheck, GuardrailMode, GuardrailSide, PiiType } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import { renderGuardrails, renderTrial } from '../output/guardrails.ts'
import { parseObject } from '../parse/json.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface CheckOptions {
  readonly pii?: readonly PiiType[]
  readonly pattern?: string
  readonly words?: readonly string[]
  readonly maxCharacters?: number
  readonly schema?: string
  readonly judge?: string
  readonly instructions?: string
  readonly except?: readonly string[]
}

interface SetOptions extends CheckOptions {
  readonly side: GuardrailSide
  readonly mode: GuardrailMode
  readonly toModel?: string
  readonly project?: string
  readonly position?: number
}

interface TryOptions {
  readonly side: 'input' | 'output'
}

const list = (text: string) =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

export function addGuardrailCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'guardrail', 'Look for what must not be in prompts and answers')
  addCommand(group, context, {
    usage: 'list',
    summary: 'List your guardrails, in the order in which they are asked',
    example: 'spillway guardrail list',
    persona: 'demo',
    run: listGuardrails,
  })
  addCommand<SetOptions>(group, context, {
    usage: 'set',
    summary: 'Set a guardrail; one of the same name and project is replaced',
    details:
      'Say one thing to look for: --pii, --pattern, --words, --max-characters, --schema or --judge.',
    example: 'spillway guardrail set no-addresses --side both --mode redact --pii email,phone',
    persona: 'demo',
    arguments: [new Argument('<name>', 'what you call it; clients are told it')],
    options: setOptions(),
    run: setGuardrail,
  })
  addCommand(group, context, {
    usage: 'delete',
    summary: 'Delete a guardrail',
    example: 'spillway guardrail delete no-addresses',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its name, or its id or the start or end of it')],
    run: deleteGuardrail,
  })
  addCommand<TryOptions>(group, context, {
    usage: 'try',
    summary: 'Say what your guardrails would make of a text',
    example: 'spillway guardrail try "mail me at ada@example.org"',
    persona: 'demo',
    arguments: [new Argument('<text>', 'the text')],
    options: [
      new Option('--side <side>', 'as what it is looked at')
        .choices(['input', 'output'])
        .default('input'),
    ],
    run: tryGuardrails,
  })
}

function setOptions(): readonly Option[] {
  return [
    new Option('--side <side>', 'what is looked at')
      .choices(GuardrailSide.options)
      .makeOptionMandatory(),
    new Option('--mode <mode>', 'what happens when something is found')
      .choices(GuardrailMode.options)
      .makeOptionMandatory(),
    new Option('--to-model <name>', 'where --mode route sends a request'),
    new Option('--project <id>', 'only of this project; default: of all'),
    new Option('--position <n>', 'lower ones are asked first; default: 100').argParser(
      wholeNumber({ least: 0, most: 10_000 }),
    ),
    new Option('--pii <types>', `of ${PiiType.options.join(', ')}`).argParser(list),
    new Option('--pattern <pattern>', 'a regular expression of RE2'),
    new Option('--words <words>', 'words or phrases, parted by commas').argParser(list),
    new Option('--max-characters <n>', 'more than so many are found').argParser(
      wholeNumber({ least: 1, most: 100_000_000 }),
    ),
    new Option('--schema <file>', 'a JSON Schema that answers have to meet'),
    new Option('--judge <model>', 'a model that says `unsafe` of what is to be found'),
    new Option('--instructions <text>', 'what the judge is told'),
    new Option('--except <texts>', 'found texts that are let through').argParser(list),
  ]
}

function readSchema(call: Call<object>, path: string): Record<string, unknown> {
  const text = call.surroundings.readFile(path)
  if (text === null)
    throw new Failure(`There is no file ${path}, or it cannot be read.`, { exitCode: EXIT.usage })
  const schema = parseObject(text)
  if (schema) return { ...schema }
  throw new Failure(`${path} is no JSON object.`, { exitCode: EXIT.usage })
}

/** The check that the options say; the server judges the rest. */
function checkOf(call: Call<SetOptions>): GuardrailCheck {
  const {
    pii,
    pattern,
    words,
    maxCharacters,
    schema,
    judge,
    instructions,
    except = [],
  } = call.options
  const rest = { except: [...except] }
  const checks: readonly (GuardrailCheck | null)[] = [
    pii ? { kind: 'pii', types: [...pii], ...rest } : null,
    pattern === undefined ? null : { kind: 'pattern', pattern, lengthMax: 128, ...rest },
    words ? { kind: 'words', words: [...words], ...rest } : null,
    maxCharacters === undefined ? null : { kind: 'size', charactersMax: maxCharacters },
    schema === undefined ? null : { kind: 'json_schema', schema: readSchema(call, schema) },
    judge === undefined
      ? null
      : {
          ...{ kind: 'model', model: judge, unsafe: 'unsafe' },
          ...(instructions === undefined ? {} : { instructions }),
        },
  ]
  const said = checks.filter((check) => check !== null)
  if (said.length === 1 && said[0]) return said[0]
  throw usageFailure(
    said.length === 0 ? 'Nothing to look for is said.' : 'More than one thing to look for is said.',
    'Say one of --pii, --pattern, --words, --max-characters, --schema, --judge; set several guardrails for several.',
  )
}

async function listGuardrails(call: Call): Promise<void> {
  const { output } = call
  const page = await call.client().listGuardrails()
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no guardrail: nothing is looked for')
      : renderGuardrails(items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function setGuardrail(call: Call<SetOptions>): Promise<void> {
  const { side, mode, toModel, project, position } = call.options
  const guardrail = await call.client().setGuardrail({
    body: {
      ...{ name: call.words[0] ?? '', side, mode, check: checkOf(call) },
      ...(toModel === undefined ? {} : { toModel }),
      ...(project === undefined ? {} : { projectId: project }),
      ...(position === undefined ? {} : { position }),
    },
  })
  const options = { paint: call.output.paint, columnsMax: call.output.columns() }
  await call.present(guardrail, () => renderGuardrails([guardrail], options))
}

async function deleteGuardrail(call: Call): Promise<void> {
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'grl',
    noun: 'guardrail',
    listing: 'spillway guardrail list',
    candidates: async () =>
      (await client.listGuardrails()).items.map((each) => ({
        ...{ id: each.id, name: each.name, label: each.name },
      })),
  })
  const done = await client.deleteGuardrail({ params: { id } })
  await call.present(done, () => `deleted ${id}`)
}

async function tryGuardrails(call: Call<TryOptions>): Promise<void> {
  const text = call.words[0] ?? ''
  const { side } = call.options
  const trial = await call.client().tryGuardrails({ body: { side, text } })
  await call.present(trial, () => renderTrial(trial, call.output.paint))
}
