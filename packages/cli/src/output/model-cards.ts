/** Model cards, aliases, access and documentation as text. Pure. What is not known is said to be. */
import type {
  ModelAccess,
  ModelAlias,
  ModelCard,
  ModelCardVersion,
  ModelMeasure,
  ModelRetirement,
} from '@spillway/contract'
import { group, renderPrice } from './amount.ts'
import type { Paint } from './paint.ts'
import { renderFields, renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderInstant } from './time.ts'

const UNKNOWN = 'unknown'

const said = (value: string | null | undefined) =>
  value === null || value === undefined ? UNKNOWN : toLine(value)

const words = (names: readonly string[] | undefined) =>
  names === undefined
    ? UNKNOWN
    : names.map((name) => name.replaceAll('_', ' ')).join(', ') || 'none'

const priceOf = ({ prices }: ModelCard, tokenClass: string) => {
  const found = prices.find((each) => each.tier === 'standard' && each.tokenClass === tokenClass)
  return found === undefined ? UNKNOWN : renderPrice(found.price)
}

function rateOf(measured: ModelMeasure | null): string {
  const rate = measured?.outputTokensPerSecond ?? null
  return rate === null ? UNKNOWN : `${rate} tok/s`
}

const firstOf = (measured: ModelMeasure | null) =>
  measured?.firstOutput ? `${measured.firstOutput.p50Ms} ms` : UNKNOWN

export function renderRetirement({ retiresAt, successor, isRetired }: ModelRetirement): string {
  const next = successor === null ? '' : `; ${successor} succeeds it`
  return `${isRetired ? 'retired on' : 'retires on'} ${renderInstant(retiresAt)}${next}`
}

export function renderCards(cards: readonly ModelCard[], options: TableOptions): string {
  if (cards.length === 0) return 'no models'
  return renderTable<ModelCard>(
    [
      { heading: 'MODEL', cell: ({ model }) => model },
      { heading: 'PUBLISHER', cell: ({ publisher }) => said(publisher) },
      { heading: 'LICENCE', cell: ({ licence }) => said(licence) },
      { heading: 'CONTEXT', align: 'right', cell: ({ contextTokens }) => group(contextTokens) },
      { heading: 'INPUT USD', align: 'right', cell: (card) => priceOf(card, 'input') },
      { heading: 'OUTPUT USD', align: 'right', cell: (card) => priceOf(card, 'output') },
      { heading: 'FIRST OUTPUT', align: 'right', cell: ({ measured }) => firstOf(measured) },
      { heading: 'RATE', align: 'right', cell: ({ measured }) => rateOf(measured) },
      {
        heading: '',
        isFlexible: true,
        cell: ({ retirement, aliases, isAllowed }) =>
          [
            isAllowed ? '' : 'not for this project',
            retirement ? renderRetirement(retirement) : '',
            aliases.length === 0 ? '' : `also ${aliases.join(', ')}`,
          ]
            .filter(Boolean)
            .join('; '),
      },
    ],
    cards,
    options,
  )
}

const spreadOf = (spread: ModelMeasure['answer'] | undefined) =>
  spread
    ? `half within ${spread.p50Ms} ms, 95 of 100 within ${spread.p95Ms} ms (${group(spread.samples)} measured)`
    : UNKNOWN

const serversOf = ({ servers }: ModelCard) =>
  servers
    .map(
      ({ provider, region, dataPolicy }) =>
        `${provider} in ${region ?? 'a region not known'}, prompts ${dataPolicy.replaceAll('_', ' ')}`,
    )
    .join('; ') || 'nobody now'

export function renderCard(card: ModelCard, paint: Paint): string {
  const { declared, measured, retirement } = card
  const prices = card.prices.map(({ tokenClass, tier, price }): [string, string] => [
    `${tokenClass.replaceAll('_', ' ')}${tier === 'standard' ? '' : `, ${tier}`}`,
    renderPrice(price, 'USD'),
  ])
  return renderFields(
    [
      ['model', `${card.model}, card version ${card.version}`],
      ['name', toLine(card.displayName)],
      ['description', toLine(card.description)],
      ['publisher', said(card.publisher)],
      ['origin', card.origin?.replaceAll('_', ' ') ?? UNKNOWN],
      ['licence', said(card.licence)],
      ['', declared.licenceUrl ?? null],
      ['context', `${group(card.contextTokens)} tokens`],
      ['output', declared.outputTokensMax ? `${group(declared.outputTokensMax)} tokens` : UNKNOWN],
      ['takes', words(declared.inputModalities)],
      ['makes', words(declared.outputModalities)],
      ['can', words(declared.capabilities)],
      ['quantisation', said(declared.quantisation)],
      ['served by', serversOf(card)],
      ...prices,
      ['first output', spreadOf(measured?.firstOutput)],
      ['answer', spreadOf(measured?.answer)],
      ['rate', rateOf(measured)],
      ['measured', measured && `${renderInstant(measured.from)} to ${renderInstant(measured.to)}`],
      ['prompts', said(declared.dataPolicy)],
      ['terms', said(declared.terms ?? declared.termsUrl)],
      ['also named', card.aliases.length === 0 ? null : card.aliases.join(', ')],
      ['retirement', retirement && renderRetirement(retirement)],
      ['allowed', card.isAllowed ? null : 'no: not for this project'],
    ],
    paint,
  )
}

export function renderCardVersions(
  versions: readonly ModelCardVersion[],
  options: TableOptions,
): string {
  if (versions.length === 0) return 'nothing was ever declared of it'
  return renderTable<ModelCardVersion>(
    [
      { heading: 'VERSION', align: 'right', cell: ({ version }) => String(version) },
      { heading: 'SET', cell: ({ setAt }) => renderInstant(setAt) },
      {
        heading: 'DECLARES',
        isFlexible: true,
        cell: ({ card: { documentation, ...card } }) =>
          [...Object.keys(card), ...Object.keys(documentation)].join(', ') || 'nothing',
      },
    ],
    versions,
    options,
  )
}

export function renderMeasures(measures: readonly ModelMeasure[], options: TableOptions): string {
  if (measures.length === 0) return 'nothing was measured'
  return renderTable<ModelMeasure>(
    [
      { heading: 'FROM', cell: ({ from }) => renderInstant(from) },
      { heading: 'ANSWERS', align: 'right', cell: ({ answer }) => group(answer?.samples ?? 0) },
      { heading: 'FIRST OUTPUT', align: 'right', cell: firstOf },
      {
        heading: 'ANSWER P95',
        align: 'right',
        cell: ({ answer }) => (answer ? `${answer.p95Ms} ms` : UNKNOWN),
      },
      { heading: 'RATE', align: 'right', cell: rateOf },
    ],
    measures,
    options,
  )
}

export function renderAliases(aliases: readonly ModelAlias[], options: TableOptions): string {
  if (aliases.length === 0) return 'no aliases'
  return renderTable<ModelAlias>(
    [
      { heading: 'ALIAS', cell: ({ alias }) => alias },
      { heading: 'MODEL', cell: ({ model }) => model ?? 'none' },
      { heading: 'VERSION', align: 'right', cell: ({ version }) => String(version) },
      { heading: 'SET', cell: ({ setAt }) => renderInstant(setAt) },
    ],
    aliases,
    options,
  )
}

export function renderAccess(rules: readonly ModelAccess[], options: TableOptions): string {
  if (rules.length === 0) return 'every project may use every model'
  return renderTable<ModelAccess>(
    [
      { heading: 'PROJECT', cell: ({ projectId }) => projectId },
      { heading: 'SET BY', cell: ({ setBy }) => setBy },
      { heading: 'VERSION', align: 'right', cell: ({ version }) => String(version) },
      {
        heading: 'MODELS',
        isFlexible: true,
        cell: ({ rule, models }) =>
          models.length === 0
            ? rule === 'only'
              ? 'none'
              : 'all'
            : `${rule === 'only' ? 'only' : 'all but'} ${models.join(', ')}`,
      },
    ],
    rules,
    options,
  )
}
