/** One block in full: how it stands, how much of it is used, what it costs, what became of it, and how to run within it. */
import type { Block } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Code, Id } from '../../ui/copy.tsx'
import { Drawer } from '../../ui/drawer.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { Facts } from '../../ui/page.tsx'
import { blockSize, BlockStateWord, hourWords, hoursOf, UseBar } from './block-looks.tsx'
import { CancelBlock } from './cancel-block.tsx'
import { SellBackSection } from './sell-back-section.tsx'

export function BlockDrawer({ id, onClose }: { id: string; onClose: () => void }): ReactElement {
  const query = useQuery(apiQuery('getBlock', { params: { id } }))
  return (
    <Drawer label="Block" title={query.data?.name ?? 'Block'} onClose={onClose}>
      <Answered query={query}>
        {(block) => (
          <>
            <div>
              <BlockStateWord block={block} />
              <p className="mt-1 break-words">{block.text}</p>
            </div>
            <UseBar block={block} />
            {block.closedAt === null && (
              <Code
                label="how to run within it"
                text={`spillway lease create --block ${block.id} --gpus 1 -- COMMAND`}
              />
            )}
            <Facts facts={factsOf(block)} />
            <SellBackSection block={block} />
            <CancelBlock block={block} />
            <section aria-label="Timeline">
              <h3 className="mb-1 text-13 font-bold">Timeline</h3>
              <ol className="flex flex-col gap-1.5">
                {block.facts.map(({ at, type, text }) => (
                  <li key={`${at} ${type}`} className="break-words">
                    {text}{' '}
                    <span className="text-12 text-muted">
                      <Ago at={at} />
                    </span>
                  </li>
                ))}
              </ol>
            </section>
          </>
        )}
      </Answered>
    </Drawer>
  )
}

type Fact = readonly [string, ReactElement | string]

function factsOf(block: Block): readonly Fact[] {
  const { gpus, gpusHeld, gpusInUse } = block
  const isOpen = block.closedAt === null
  const amount = (term: string, value: string): readonly Fact[] =>
    value === '0' ? [] : [[term, <Money key={term} amount={value} />]]
  return [
    ['Pool', block.pool],
    [
      'GPUs',
      `${blockSize(block)}${block.nodes > 1 ? ' nodes' : ''}${block.fabric === 'same' ? ', on one fabric' : ''}`,
    ],
    ['From', `${hourWords(block.startsAt)} UTC`],
    ['To', `${hourWords(block.endsAt)} UTC, ${hoursOf(block)} h`],
    ...(isOpen ? ([['There now', `${gpusHeld} of ${gpus}, ${gpusInUse} in use`]] as const) : []),
    ['Price', <Money key="price" amount={block.priceUsd} />],
    ['', <Money key="per" amount={block.priceUsdPerGpuHour} per="GPU-h" />],
    ...amount('Charged', block.chargedUsd),
    ...amount('Held', block.heldUsd),
    ...amount('Credited', block.creditUsd),
    ...amount('Cancelled for', block.feeUsd ?? '0'),
    ['Organization', block.organization],
    ['Bought', <Ago key="bought" at={block.createdAt} />],
    ['Id', <Id key="id" id={block.id} />],
  ]
}
