/** The operator says what is known of one field of the documentation, and who says so; it becomes part of the card. */
import {
  DocumentationStatement,
  type ModelCardDocument,
  type ModelDocumentation,
} from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { InputField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'

interface Draft {
  value: string
  source: string
}

type FieldName = ModelDocumentation['sections'][number]['fields'][number]['name']

const EMPTY = (draft: Draft): boolean => draft.value.trim() === '' && draft.source.trim() === ''

/** Both left empty: what was said is taken back. */
function changed(
  documentation: ModelCardDocument['documentation'],
  name: FieldName,
  draft: Draft,
): ModelCardDocument['documentation'] {
  const { [name]: _, ...rest } = documentation
  return EMPTY(draft) ? rest : { ...rest, [name]: { value: draft.value, source: draft.source } }
}

interface StateFieldProps {
  readonly model: string
  readonly field: { readonly name: FieldName; readonly label: string }
  readonly onClose: () => void
}

export function StateField({ model, field, onClose }: StateFieldProps): ReactElement {
  const card = useQuery(apiQuery('getModelCard', { params: { id: model } }))
  const said = card.data?.declared.documentation[field.name]
  const form = useForm<Draft>({
    resolver: (values, context, options) =>
      EMPTY(values) ? { values, errors: {} } : resolver(values, context, options),
    values: { value: said?.value ?? '', source: said?.source ?? '' },
  })
  const set = useCommand('setModelCard', {
    changes: ['getModelCard', 'listModelCards', 'getModelDocumentation', 'listModelCardVersions'],
    onSuccess: () => {
      toast('It is said')
      onClose()
    },
  })
  const submit = form.handleSubmit((draft) => {
    if (card.data === undefined) return
    const { declared, version } = card.data
    const documentation = changed(declared.documentation, field.name, draft)
    const body = { card: { ...declared, documentation }, replaces: version }
    set.mutate({ params: { id: model }, body })
  })
  const { errors } = form.formState
  return (
    <FormDialog
      title={field.label}
      action="Say so"
      isBusy={set.isPending || card.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="What is known"
        rows={5}
        error={errors.value?.message}
        {...form.register('value')}
      />
      <InputField
        label="Who says so"
        help="An address, a document, a person. Leave both empty to take it back."
        error={errors.source?.message}
        {...form.register('source')}
      />
    </FormDialog>
  )
}

const resolver = requestResolver<Draft, Draft>({
  toRequest: (draft) => draft,
  schema: DocumentationStatement,
})
