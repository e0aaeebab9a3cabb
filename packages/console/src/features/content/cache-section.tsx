/** The cache of a project's answers: whether it is on, how often it had the answer, and how to empty it. */
import type { CacheState, ContentPolicy } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
import { FigureRow, Section, Unit } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { cacheWords } from './content-words.ts'
import { SetCache } from './set-cache.tsx'

export function CacheSection({ policy }: { readonly policy: ContentPolicy | null }): ReactElement {
  const cache = useQuery(apiQuery('getCache', { query: {} }))
  const [isSetting, setSetting] = useState(false)
  const [isPurging, setPurging] = useState(false)
  return (
    <Section
      title="Cache of answers"
      aside={
        <span className="flex gap-2">
          <Button look="quiet" onClick={() => setPurging(true)}>
            Empty it
          </Button>
          <Button onClick={() => setSetting(true)}>Change the cache</Button>
        </span>
      }
    >
      <p className="mb-3 max-w-[72ch] text-muted">{cacheWords(policy)}</p>
      <Answered query={cache}>{(state) => <CacheFigures state={state} />}</Answered>
      {isSetting && <SetCache policy={policy} onClose={() => setSetting(false)} />}
      {isPurging && <PurgeCache onClose={() => setPurging(false)} />}
    </Section>
  )
}

const KIB = 1024

function CacheFigures({ state }: { readonly state: CacheState }): ReactElement {
  const { answers, bytes, hits, misses, hitPercent, days } = state
  const tokens = days.reduce((sum, { hitTokens }) => sum + hitTokens, 0)
  return (
    <FigureRow
      figures={[
        {
          label: 'Hit rate, 30 days',
          value:
            hitPercent === null ? (
              'none yet'
            ) : (
              <>
                {hitPercent.toFixed(1)}
                <Unit>%</Unit>
              </>
            ),
          note: `${formatCount(hits)} of ${formatCount(hits + misses)} requests`,
        },
        { label: 'Tokens given again', value: formatCount(tokens), note: 'in 30 days' },
        {
          label: 'Answers kept',
          value: formatCount(answers),
          note: `${formatCount(Math.round(bytes / KIB))} KiB, sealed`,
        },
      ]}
    />
  )
}

function PurgeCache({ onClose }: { readonly onClose: () => void }): ReactElement {
  const purge = useCommand('purgeCache', {
    changes: ['getCache'],
    onSuccess: ({ deleted }) => {
      toast(`${formatCount(deleted)} answers were deleted`)
      onClose()
    },
  })
  return (
    <Confirm
      title="Empty the cache?"
      action="Empty the cache"
      isBusy={purge.isPending}
      onConfirm={() => purge.mutate({ body: {} })}
      onClose={onClose}
    >
      <p>None of its answers is given again; the next requests are asked of the models.</p>
      {purge.error && <ProblemPanel explanation={explain(purge.error)} />}
    </Confirm>
  )
}
