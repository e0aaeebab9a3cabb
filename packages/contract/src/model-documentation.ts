/**
 * What has to be said about a model where the law asks for it, laid out after the Model Documentation Form of the EU's
 * Code of Practice for general-purpose AI. Each answer says how it is known; what nobody said is unknown. Whether that
 * is enough for anybody's duty is not said here.
 */
import { z } from 'zod'
import { Instant, Name } from './primitives.ts'

export interface DocumentationField {
  readonly label: string
  /** Of the AI Act: XI is for authorities, XII for those who build on the model. */
  readonly annexes: readonly ('XI' | 'XII')[]
}

const both = ['XI', 'XII'] as const
const authority = ['XI'] as const

/** Sections and fields in the order of the form. A field's name is its identity. */
export const DOCUMENTATION_SECTIONS = [
  {
    name: 'general',
    title: 'General information',
    fields: {
      provider: { label: 'Provider of the model', annexes: both },
      model: { label: 'Name of the model', annexes: both },
      weights_identity: { label: 'Version, and hashes of the weights', annexes: both },
      release_date: { label: 'Date of release', annexes: both },
      eu_release_date: { label: 'Date of release in the European Union', annexes: both },
      base_models: { label: 'Models that it was made from', annexes: both },
    },
  },
  {
    name: 'properties',
    title: 'Properties',
    fields: {
      architecture: { label: 'Architecture', annexes: both },
      design: { label: 'Design specifications', annexes: authority },
      parameters: { label: 'Number of parameters', annexes: both },
      quantisation: { label: 'Quantisation as served here', annexes: both },
      input_modalities: { label: 'Input modalities', annexes: both },
      input_limit: { label: 'Longest input', annexes: both },
      output_modalities: { label: 'Output modalities', annexes: both },
      output_limit: { label: 'Longest output', annexes: both },
    },
  },
  {
    name: 'licence',
    title: 'Distribution and licence',
    fields: {
      licence: { label: 'Licence', annexes: both },
      licence_address: { label: 'Where the licence is', annexes: both },
      distribution: { label: 'Channels of distribution', annexes: both },
      assets: { label: 'What else is published (data, code, weights)', annexes: both },
    },
  },
  {
    name: 'use',
    title: 'Use',
    fields: {
      acceptable_use: { label: 'Acceptable use policy', annexes: both },
      intended_use: { label: 'Intended and restricted uses', annexes: both },
      systems: { label: 'Systems it may be built into', annexes: both },
      integration: { label: 'How it is integrated', annexes: both },
      needed_hardware: { label: 'Hardware that it needs', annexes: both },
      needed_software: { label: 'Software that it needs', annexes: both },
    },
  },
  {
    name: 'training',
    title: 'Training',
    fields: {
      training_process: { label: 'Training: stages and methods', annexes: authority },
      training_decisions: { label: 'Key decisions, and why', annexes: authority },
      evaluation: { label: 'Evaluations and their results', annexes: authority },
    },
  },
  {
    name: 'data',
    title: 'Data for training, testing and validation',
    fields: {
      data_types: { label: 'Types and modalities', annexes: both },
      data_provenance: { label: 'Provenance', annexes: both },
      data_acquisition: { label: 'How it was obtained and chosen', annexes: authority },
      data_amount: { label: 'Amount', annexes: authority },
      data_curation: { label: 'Curation', annexes: both },
      data_unsuitable: { label: 'Measures against unsuitable sources', annexes: authority },
      data_bias: { label: 'Measures against biases', annexes: authority },
      data_summary: { label: 'Public summary of the training content', annexes: both },
    },
  },
  {
    name: 'compute',
    title: 'Computing resources',
    fields: {
      training_compute: { label: 'Compute for training', annexes: authority },
      training_time: { label: 'Time of training', annexes: authority },
      serving_throughput: { label: 'Output rate as served here', annexes: authority },
      serving_latency: { label: 'Time to the first output as served here', annexes: authority },
      serving_regions: { label: 'Regions where it is served', annexes: both },
    },
  },
  {
    name: 'energy',
    title: 'Energy',
    fields: {
      training_energy: { label: 'Energy for training', annexes: authority },
      training_energy_method: { label: 'How that was measured or estimated', annexes: authority },
      inference_energy: { label: 'Energy of inference, benchmarked', annexes: authority },
    },
  },
] as const satisfies readonly {
  readonly name: string
  readonly title: string
  readonly fields: Readonly<Record<string, DocumentationField>>
}[]

type Section = (typeof DOCUMENTATION_SECTIONS)[number]
type FieldsOf<S> = S extends { readonly fields: infer F } ? keyof F : never
export type DocumentationFieldName = FieldsOf<Section>

const names = DOCUMENTATION_SECTIONS.flatMap(({ fields }) => Object.keys(fields))
export const DocumentationFieldName = z.enum(
  names as [DocumentationFieldName, ...DocumentationFieldName[]],
)

/** What the operator says of a field, and where that is from. */
export const DocumentationStatement = z.strictObject({
  value: z.string().trim().min(1).max(4000),
  source: z.string().trim().min(1).max(500).meta({
    description: 'Who says so: an address, a document, a person.',
  }),
})
export type DocumentationStatement = z.infer<typeof DocumentationStatement>

/** `measured`: by this installation. `declared`: somebody said so, who stands beside it. `unknown`: nobody did. */
export const DocumentationBasis = z.enum(['measured', 'declared', 'unknown'])
export type DocumentationBasis = z.infer<typeof DocumentationBasis>

export const ModelDocumentation = z.object({
  model: Name,
  displayName: z.string(),
  /** Of the card that it is made from. */
  version: z.number().int(),
  madeAt: Instant,
  sections: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      fields: z.array(
        z.object({
          name: DocumentationFieldName,
          label: z.string(),
          annexes: z.array(z.enum(['XI', 'XII'])),
          basis: DocumentationBasis,
          value: z.string().nullable(),
          source: z.string().nullable(),
        }),
      ),
    }),
  ),
})
export type ModelDocumentation = z.infer<typeof ModelDocumentation>

/** What the page says of itself: nobody should take it for more than it is. */
export const DOCUMENTATION_NOTE =
  'Laid out after the Model Documentation Form of the Code of Practice for general-purpose AI models (AI Act, Annexes XI and XII). Measured: by this installation. Declared: said by the source named. Unknown: not said by anybody. It relays what is known and certifies nothing.'

const escapeLine = (text: string) =>
  text.replace(/[\\`*_<>#[\]|]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ')

/** As a page of Markdown, for people. */
export function renderDocumentation(documentation: ModelDocumentation): string {
  const { displayName, model, version, madeAt, sections } = documentation
  const head = [
    `# Model documentation: ${escapeLine(displayName)}`,
    `\`${model}\`, card version ${version}, made ${madeAt}.`,
    DOCUMENTATION_NOTE,
  ]
  const parts = sections.map(({ title, fields }) =>
    [
      `## ${title}`,
      '',
      '| | | how it is known | annex |',
      '|---|---|---|---|',
      ...fields.map(({ label, value, basis, source, annexes }) => {
        const how = source === null ? basis : `${basis}: ${escapeLine(source)}`
        const said = value === null ? '–' : escapeLine(value)
        return `| ${label} | ${said} | ${how} | ${annexes.join(', ')} |`
      }),
    ].join('\n'),
  )
  return `${[...head, ...parts].join('\n\n')}\n`
}
