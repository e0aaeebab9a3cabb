/** `--from` and `--to`, which the reports share. */
import { Option } from 'commander'
import type { Context } from '../command.ts'
import { renderInstant } from '../output/time.ts'
import { instant } from '../parse/option-values.ts'

export interface PeriodOptions {
  readonly from?: string
  readonly to?: string
}

export function periodOptions({ surroundings }: Context): readonly Option[] {
  const parse = instant(surroundings.nowMs)
  return [
    new Option(
      '--from <instant>',
      'start: a UTC day, an instant, or how long ago (24h); default: this month',
    ).argParser(parse),
    new Option('--to <instant>', 'end; default: now').argParser(parse),
  ]
}

export function renderPeriod({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${renderInstant(from)} to ${renderInstant(to)}`
}
