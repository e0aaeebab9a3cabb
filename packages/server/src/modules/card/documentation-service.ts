/**
 * A model's documentation: every field of the form, with what is known of it and how. What was measured here is never
 * put aside for what somebody says; what nobody said is unknown. Pure.
 */
import {
  DOCUMENTATION_SECTIONS,
  type DocumentationFieldName,
  type ModelCard,
  type ModelDocumentation,
} from '@spillway/contract'
import { counted } from '#kernel/counted.ts'

interface Known {
  readonly value: string
  readonly source: string
}

type Found = Partial<Record<DocumentationFieldName, Known | null>>

const CARD = 'the operator, in the card of the model'
const CATALOG = 'the operator, in the catalog'
const FLEET = 'the operator, in the fleet file and the list of upstreams'

const from = (source: string, value: string | number | null | undefined): Known | null =>
  value === null || value === undefined ? null : { value: String(value), source }

const words = (names: readonly string[] | undefined) =>
  names?.map((name) => name.replaceAll('_', ' ')).join(', ')

/** What the card says in fields of its own. */
function declaredOf(card: ModelCard): Found {
  const { declared, servers } = card
  const regions = [...new Set(servers.map(({ region }) => region ?? 'a region not known'))]
  return {
    provider: from(CATALOG, card.publisher),
    model: from(CATALOG, card.displayName),
    quantisation: from(CARD, declared.quantisation),
    input_modalities: from(CARD, words(declared.inputModalities)),
    output_modalities: from(CARD, words(declared.outputModalities)),
    input_limit: from(CATALOG, `${card.contextTokens} tokens, with the output`),
    output_limit: from(
      CARD,
      declared.outputTokensMax === undefined ? null : `${declared.outputTokensMax} tokens`,
    ),
    licence: from(declared.licence === undefined ? CATALOG : CARD, card.licence),
    licence_address: from(CARD, declared.licenceUrl),
    acceptable_use: from(CARD, declared.terms ?? declared.termsUrl),
    serving_regions: regions.length === 0 ? null : from(FLEET, regions.join(', ')),
  }
}

function measuredOf({ measured }: ModelCard): Found {
  if (measured === null) return {}
  const { firstOutput, answer, outputTokensPerSecond } = measured
  const window = `${measured.from} to ${measured.to}`
  const by = (samples: number) => `this installation, ${counted(samples, 'answer')}, ${window}`
  return {
    serving_throughput:
      outputTokensPerSecond === null || answer === null
        ? null
        : from(by(answer.samples), `${outputTokensPerSecond} output tokens a second of an answer`),
    serving_latency:
      firstOutput === null
        ? null
        : from(
            by(firstOutput.samples),
            `half within ${firstOutput.p50Ms} ms, 95 of 100 within ${firstOutput.p95Ms} ms`,
          ),
  }
}

export function documentationOf(card: ModelCard, now: Date): ModelDocumentation {
  const [declared, measured] = [declaredOf(card), measuredOf(card)]
  const { documentation } = card.declared
  const fieldOf = (name: DocumentationFieldName) => {
    const seen = measured[name]
    if (seen) return { basis: 'measured' as const, ...seen }
    const said = documentation[name] ?? declared[name]
    if (said) return { basis: 'declared' as const, value: said.value, source: said.source }
    return { basis: 'unknown' as const, value: null, source: null }
  }
  return {
    ...{ model: card.model, displayName: card.displayName },
    ...{ version: card.version, madeAt: now.toISOString() },
    sections: DOCUMENTATION_SECTIONS.map(({ name, title, fields }) => ({
      ...{ name, title },
      fields: Object.entries(fields).map(([field, { label, annexes }]) => ({
        name: field as DocumentationFieldName,
        ...{ label, annexes: [...annexes] },
        ...fieldOf(field as DocumentationFieldName),
      })),
    })),
  }
}
