/** In place of the playground: a model that makes embeddings is asked by programs. */
import type { Model } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Code } from '../../ui/copy.tsx'
import { Section } from '../../ui/page.tsx'

function renderRequest({ id }: Model): string {
  return [
    `curl ${window.location.origin}/v1/embeddings \\`,
    `  -H "authorization: Bearer $SPILLWAY_API_KEY" \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '${JSON.stringify({ model: id, input: ['a first text', 'a second'] })}'`,
  ].join('\n')
}

export function EmbeddingNote({ model }: { model: Model }): ReactElement {
  return (
    <Section title="Embeddings">
      <p className="mb-3 text-muted">
        This model turns texts into vectors, and answers nothing else. Only what it reads is paid.
      </p>
      <Code text={renderRequest(model)} label="the request for embeddings" />
    </Section>
  )
}
