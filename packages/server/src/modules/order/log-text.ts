/** The log of a clearing as it is stored and told: every amount a plain decimal. Pure. */
import type { ClearingLog as LogText, ClearingRule as RuleText } from '@spillway/contract'
import { money, renderMoney } from '#kernel/money.ts'
import type { ClearingLog, ClearingRule } from '#modules/market/index.ts'

export function renderRule({ floor, ceiling, ...shares }: ClearingRule): RuleText {
  return { floorUsd: renderMoney(floor), ceilingUsd: renderMoney(ceiling), ...shares }
}

function parseRule({ floorUsd, ceilingUsd, ...shares }: RuleText): ClearingRule {
  return { floor: money(floorUsd), ceiling: money(ceilingUsd), ...shares }
}

export function renderLog(log: ClearingLog): LogText {
  const { figures, utilisationPpm, gpusMax, isQuoted, nodes } = log
  return {
    rule: renderRule(log.rule),
    ...{ utilisationPpm, gpusMax, isQuoted },
    previousUsd: log.previous === null ? null : renderMoney(log.previous),
    nodes: nodes.map(({ free, fabric, count }) => ({ free, fabric, count })),
    bids: log.bids.map(({ sequence, buyer, gpus, nodes: over, fabric, limit, outcome }) => ({
      ...{ sequence, buyer, gpus, nodes: over, fabric },
      ...{ limitUsd: renderMoney(limit), outcome },
    })),
    reserveUsd: renderMoney(log.reserve),
    priceUsd: renderMoney(log.price),
    figures: {
      ...figures,
      surplusUsd: renderMoney(figures.surplusUsd),
      surplusBoundUsd: renderMoney(figures.surplusBoundUsd),
      surplusLostUsd: renderMoney(figures.surplusLostUsd),
    },
  }
}

export function parseLog(text: LogText): ClearingLog {
  const { figures, utilisationPpm, gpusMax, isQuoted, nodes } = text
  return {
    rule: parseRule(text.rule),
    ...{ utilisationPpm, gpusMax, isQuoted, nodes },
    previous: text.previousUsd === null ? null : money(text.previousUsd),
    bids: text.bids.map(({ limitUsd, ...bid }) => ({ ...bid, limit: money(limitUsd) })),
    reserve: money(text.reserveUsd),
    price: money(text.priceUsd),
    figures: {
      ...figures,
      surplusUsd: money(figures.surplusUsd),
      surplusBoundUsd: money(figures.surplusBoundUsd),
      surplusLostUsd: money(figures.surplusLostUsd),
    },
  }
}
