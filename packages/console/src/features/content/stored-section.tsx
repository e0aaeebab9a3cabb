/** Stored prompts and answers: whether they are, for how long, and each to be read. */
import type { ContentPolicy, StoredContent } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Ago } from '../../ui/figures.tsx'
import { Section } from '../../ui/page.tsx'
import { storedWords } from './content-words.ts'
import { SetStored } from './set-stored.tsx'

export function StoredSection({ policy }: { readonly policy: ContentPolicy | null }): ReactElement {
  const [isSetting, setSetting] = useState(false)
  const [reading, setReading] = useState<string | null>(null)
  return (
    <Section
      className="mt-8"
      title="Stored prompts and answers"
      aside={<Button onClick={() => setSetting(true)}>Change what is stored</Button>}
    >
      <p className="mb-3 max-w-[72ch] text-muted">{storedWords(policy)}</p>
      {policy !== null && policy.storedDays !== null && <StoredList onRead={setReading} />}
      {isSetting && <SetStored policy={policy} onClose={() => setSetting(false)} />}
      {reading && <ReadStored id={reading} onClose={() => setReading(null)} />}
    </Section>
  )
}

function StoredList({ onRead }: { readonly onRead: (id: string) => void }): ReactElement {
  const stored = useQuery(apiQuery('listStoredContents', { query: {} }))
  return (
    <Answered query={stored}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="text-muted">No request has been answered since.</p>
        ) : (
          <ul className="border-t border-line">
            {items.map((each) => (
              <StoredRow key={each.requestId} stored={each} onRead={onRead} />
            ))}
          </ul>
        )
      }
    </Answered>
  )
}

function StoredRow({
  stored: { requestId, model, at },
  onRead,
}: {
  readonly stored: StoredContent
  readonly onRead: (id: string) => void
}): ReactElement {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2">
      <span className="min-w-0 flex-1">
        <span className="font-medium">{model}</span>
        <span className="block text-12 text-muted">
          <Id id={requestId} /> <Ago at={at} />
        </span>
      </span>
      <Button look="quiet" aria-label={`Read ${requestId}`} onClick={() => onRead(requestId)}>
        Read
      </Button>
    </li>
  )
}

function ReadStored({
  id,
  onClose,
}: {
  readonly id: string
  readonly onClose: () => void
}): ReactElement {
  // Read once, when somebody asks: each reading is recorded.
  const stored = useQuery({
    ...apiQuery('getStoredContent', { params: { id } }),
    ...{ refetchInterval: false, staleTime: Infinity },
  })
  return (
    <Dialog title="Stored prompt and answer" width={720} onClose={onClose}>
      <Answered query={stored}>
        {({ request, answer }) => (
          <div className="flex flex-col gap-3">
            <Words label="Prompt" value={request} />
            <Words label="Answer" value={answer} />
          </div>
        )}
      </Answered>
    </Dialog>
  )
}

function Words({
  label,
  value,
}: {
  readonly label: string
  readonly value: unknown
}): ReactElement {
  return (
    <figure>
      <figcaption className="mb-1 font-medium">{label}</figcaption>
      <pre
        tabIndex={0}
        aria-label={label}
        className="max-h-[40vh] overflow-auto rounded border border-line p-2 font-mono text-12 whitespace-pre-wrap"
      >
        {JSON.stringify(value, null, 2)}
      </pre>
    </figure>
  )
}
