/** Data: what the project lets be kept of its prompts and answers. */
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { PageHead } from '../../ui/page.tsx'
import { useSession } from '../session/session.ts'
import { CacheSection } from './cache-section.tsx'
import { StoredSection } from './stored-section.tsx'

export function ContentPage(): ReactElement {
  const { project } = useSession()
  const policies = useQuery(apiQuery('listContentPolicies'))
  return (
    <>
      <PageHead
        title="Data"
        line={`What is kept of the prompts and answers of ${project.name}: nothing, unless you say so here. What is kept is sealed.`}
      />
      <Answered query={policies}>
        {({ items }) => {
          const policy = items.find(({ projectId }) => projectId === project.id) ?? null
          return (
            <>
              <CacheSection policy={policy} />
              <StoredSection policy={policy} />
            </>
          )
        }}
      </Answered>
    </>
  )
}
