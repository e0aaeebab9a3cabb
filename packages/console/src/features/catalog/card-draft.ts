/** A card as the form holds it, and back. Pure. */
import type { Modality, ModelCapability, ModelCardDocument, ModelOrigin } from '@spillway/contract'

export interface CardDraft {
  displayName: string
  description: string
  publisher: string
  origin: string
  licence: string
  licenceUrl: string
  outputTokensMax: string
  inputModalities: string[]
  outputModalities: string[]
  isCapabilitiesKnown: boolean
  capabilities: string[]
  quantisation: string
  terms: string
  termsUrl: string
  dataPolicy: string
}

export function draftOf(card: ModelCardDocument): CardDraft {
  return {
    displayName: card.displayName ?? '',
    description: card.description ?? '',
    publisher: card.publisher ?? '',
    origin: card.origin ?? '',
    licence: card.licence ?? '',
    licenceUrl: card.licenceUrl ?? '',
    outputTokensMax: card.outputTokensMax === undefined ? '' : String(card.outputTokensMax),
    inputModalities: card.inputModalities ?? [],
    outputModalities: card.outputModalities ?? [],
    isCapabilitiesKnown: card.capabilities !== undefined,
    capabilities: card.capabilities ?? [],
    quantisation: card.quantisation ?? '',
    terms: card.terms ?? '',
    termsUrl: card.termsUrl ?? '',
    dataPolicy: card.dataPolicy ?? '',
  }
}

const TEXTS = [
  ...(['displayName', 'description', 'publisher', 'licence', 'licenceUrl'] as const),
  ...(['quantisation', 'terms', 'termsUrl', 'dataPolicy'] as const),
] as const

/** What is left empty is unknown. What the form does not hold, the documentation, stays. */
export function documentOf(
  draft: CardDraft,
  documentation: ModelCardDocument['documentation'],
): ModelCardDocument {
  const texts = TEXTS.flatMap((name) => {
    const text = draft[name].trim()
    return text === '' ? [] : [[name, text] as const]
  })
  const { origin, outputTokensMax, inputModalities, outputModalities, capabilities } = draft
  return {
    ...Object.fromEntries(texts),
    ...(origin === '' ? {} : { origin: origin as ModelOrigin }),
    ...(outputTokensMax.trim() === '' ? {} : { outputTokensMax: Number(outputTokensMax) }),
    ...(inputModalities.length === 0 ? {} : { inputModalities: inputModalities as Modality[] }),
    ...(outputModalities.length === 0 ? {} : { outputModalities: outputModalities as Modality[] }),
    ...(draft.isCapabilitiesKnown ? { capabilities: capabilities as ModelCapability[] } : {}),
    documentation,
  }
}
