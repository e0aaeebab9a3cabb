/** The columns of the list of blocks. */
import type { Block } from '@spillway/contract'
import { Money } from '../../ui/figures.tsx'
import { parsePicos } from '../../ui/format/money.ts'
import type { TableColumn } from '../../ui/table/column.ts'
import { blockSize, BlockStateWord, hourWords, hoursOf } from './block-looks.tsx'

const STATE_ORDER = ['active', 'scheduled', 'unavailable', 'ended', 'cancelled']

const organization: TableColumn<Block> = {
  id: 'organization',
  header: 'Organization',
  from: 'wide',
  value: (block) => block.organization,
  cell: (block) => block.organization,
}

const COLUMNS: readonly TableColumn<Block>[] = [
  {
    id: 'state',
    header: 'State',
    value: (block) => STATE_ORDER.indexOf(block.state),
    text: (block) => block.state,
    cell: (block) => <BlockStateWord block={block} />,
  },
  {
    id: 'name',
    header: 'Block',
    isWide: true,
    value: (block) => block.name,
    cell: (block) => <span title={block.name}>{block.name}</span>,
  },
  {
    id: 'pool',
    header: 'Pool',
    from: 'medium',
    value: (block) => block.pool,
    cell: (block) => block.pool,
  },
  {
    id: 'gpus',
    header: 'GPUs',
    isNumeric: true,
    value: (block) => block.gpus,
    cell: (block) => <span className="num">{blockSize(block)}</span>,
  },
  {
    id: 'from',
    header: 'From, UTC',
    isNumeric: true,
    from: 'narrow',
    value: (block) => block.startsAt,
    cell: (block) => <span className="num">{hourWords(block.startsAt)}</span>,
  },
  {
    id: 'hours',
    header: 'Hours',
    isNumeric: true,
    from: 'narrow',
    value: hoursOf,
    cell: (block) => <span className="num">{hoursOf(block)}</span>,
  },
  {
    id: 'use',
    header: 'In use now',
    isNumeric: true,
    from: 'medium',
    value: (block) => block.gpusInUse,
    cell: (block) => <span className="num">{block.gpusInUse}</span>,
  },
  {
    id: 'price',
    header: 'Price',
    isNumeric: true,
    from: 'narrow',
    value: (block) => parsePicos(block.priceUsd),
    text: (block) => block.priceUsd,
    cell: (block) => <Money amount={block.priceUsd} />,
  },
]

/** The operator sees whose block each is; a buyer sees only its own. */
export function blockColumns(isOperator: boolean): readonly TableColumn<Block>[] {
  return isOperator ? COLUMNS.toSpliced(2, 0, organization) : COLUMNS
}
