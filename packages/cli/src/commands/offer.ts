/** `spillway offer`: what can be had, exactly or nearly. */
import { Tier } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderOffers } from '../output/offers.ts'
import { amount, duration, instant } from '../parse/option-values.ts'
import { placeBody, placeOptions, type PlaceOptions } from './lease-place.ts'

interface ListOptions extends PlaceOptions {
  readonly tier?: Tier
  readonly maxPrice?: string
  readonly from?: string
  readonly for?: number
}

const YEAR_MS = 31_536_000_000

export function addOfferCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'offer', 'Look for what can be had')
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List what can be had: what is asked first, then what comes near',
    details:
      'Near is another pool, fewer GPUs, a later start, or another tier; each offer says in what it differs.',
    example: 'spillway offer list --gpus H100:64 --for 6h',
    persona: 'demo',
    options: [
      ...placeOptions().filter(({ long }) => long !== '--fabric'),
      new Option('--tier <tier>', 'only this one is exactly what is asked').choices(Tier.options),
      new Option('--max-price <usd>', 'the most to pay per GPU-hour').argParser(amount),
      new Option('--from <when>', 'when it should start; default: now').argParser(
        instant(context.surroundings.nowMs),
      ),
      new Option('--for <duration>', 'how long, to tell what it costs in all').argParser(
        duration({ least: 1000, most: YEAR_MS }),
      ),
    ],
    run: listOffers,
  })
}

async function listOffers(call: Call<ListOptions>): Promise<void> {
  const { output, options, surroundings } = call
  const { tier, maxPrice, from } = options
  const offers = await call.client().listOffers({
    query: {
      ...placeBody(options),
      ...(tier === undefined ? {} : { tier }),
      ...(maxPrice === undefined ? {} : { maxPriceUsdPerGpuHour: maxPrice }),
      ...(from === undefined ? {} : { from }),
      ...(options.for === undefined ? {} : { durationMs: options.for }),
    },
  })
  await call.present(offers, () =>
    renderOffers(offers, surroundings.nowMs(), {
      paint: output.paint,
      columnsMax: output.columns(),
    }),
  )
}
