/** The look of the map as the reader chose it. A node that stays as it is keeps its styles. */
import { useMemo } from 'react'
import { useTheme } from '../../../ui/theme.ts'
import type { Matcher } from './filter.ts'
import type { FleetModel, MapNode } from './fleet-model.ts'
import type { Look } from './paint-node.ts'
import { RAMP_STEPS, SERIES_COUNT } from './palette-sizes.ts'
import { readPalette } from './palette.ts'
import {
  type Colouring,
  rankOrganizations,
  type Ranks,
  type SlotStyle,
  styleNode,
} from './slot-style.ts'

const FONTS = {
  text: '"Inter Variable", system-ui, sans-serif',
  mono: '"JetBrains Mono Variable", ui-monospace, monospace',
}

/** The ranking of organizations; the same object as long as the order is the same. */
export function useRanks(model: FleetModel): Ranks {
  const ranks = rankOrganizations(model.nodes.values(), SERIES_COUNT)
  const names = [...ranks.keys()].join('\n')
  return useMemo(() => new Map(names.split('\n').map((name, index) => [name, index])), [names])
}

export function useLook(colouring: Colouring, ranks: Ranks, matcher: Matcher): Look {
  const theme = useTheme()
  return useMemo(() => {
    const palette = readPalette(theme)
    const known = new WeakMap<MapNode, readonly SlotStyle[]>()
    return {
      palette,
      fonts: FONTS,
      matched: matcher,
      styles: (node: MapNode) => {
        const before = known.get(node)
        if (before) return before
        const styles = styleNode(node, colouring, { ranks, rampSteps: RAMP_STEPS })
        known.set(node, styles)
        return styles
      },
    }
  }, [theme, colouring, ranks, matcher])
}
