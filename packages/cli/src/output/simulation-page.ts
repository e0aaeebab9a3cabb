/** A simulation as a page of its own: one HTML file with the figures and charts, that needs nothing else. Pure. */
import type { SimulationVariant, SimulationWithResult } from '@spillway/contract'
import { renderEstimate, renderFigure, SHOWN, type ShownMeasure } from './simulation.ts'

const WIDTH = 720
const HEIGHT = 180
const BAR_HEIGHT = 22
const LABEL_WIDTH = 190
const FIGURE_WIDTH = 170

/** Text for HTML: names come from people. */
function safe(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function point(x: number, y: number): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`
}

/** The area between two lines of equally spaced values. */
function area(low: readonly number[], high: readonly number[], most: number): string {
  const x = (at: number) => (at * WIDTH) / Math.max(1, high.length - 1)
  const y = (value: number) => HEIGHT - (value / most) * HEIGHT
  const top = high.map((value, at) => point(x(at), y(value)))
  const bottom = low.map((value, at) => point(x(at), y(value))).toReversed()
  return [...top, ...bottom].join(' ')
}

function timelineChart({ name, timeline }: SimulationVariant): string {
  const { anchorGpus, soldGpus, wantedGpus, capacityGpus, reservedGpus, stepHours } = timeline
  const most = Math.max(capacityGpus, ...wantedGpus.map((each) => each + reservedGpus), 1) * 1.02
  const floor = anchorGpus.map(() => 0)
  const reserved = anchorGpus.map(() => reservedGpus)
  const anchor = anchorGpus.map((each) => each + reservedGpus)
  const sold = anchor.map((each, at) => each + (soldGpus[at] ?? 0))
  const wanted = wantedGpus.map((each) => each + reservedGpus)
  const line = (values: readonly number[]) => area([], values, most)
  const capacityY = (HEIGHT - (capacityGpus / most) * HEIGHT).toFixed(1)
  const days = Math.round((stepHours * anchorGpus.length) / 24)
  return `<figure><figcaption>${safe(name)}: GPUs of the pool over ${days} days</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="GPUs in use over time, ${safe(name)}">
<polygon class="reserved" points="${area(floor, reserved, most)}"/>
<polygon class="anchor" points="${area(reserved, anchor, most)}"/>
<polygon class="sold" points="${area(anchor, sold, most)}"/>
<polyline class="wanted" points="${line(wanted)}"/>
<line class="capacity" x1="0" x2="${WIDTH}" y1="${capacityY}" y2="${capacityY}"/>
</svg></figure>`
}

/** One bar a variant, from zero, with the confidence interval as a line across its end. */
function barChart(
  { measure, label, title = label, unit }: ShownMeasure,
  variants: readonly SimulationVariant[],
): string {
  const rows = variants.map(({ name, measures }) => {
    const { mean, within } = measures[measure] ?? { mean: 0, within: null }
    return { name, mean, within: within ?? 0 }
  })
  const least = Math.min(0, ...rows.map(({ mean, within }) => mean - within))
  const most = Math.max(0, ...rows.map(({ mean, within }) => mean + within))
  const span = most - least || 1
  const room = WIDTH - LABEL_WIDTH - FIGURE_WIDTH
  const x = (value: number) => LABEL_WIDTH + ((value - least) / span) * room
  const bars = rows.map(({ name, mean, within }, at) => {
    const y = at * BAR_HEIGHT
    const middle = y + BAR_HEIGHT / 2
    const from = Math.min(x(0), x(mean))
    return `<text x="${LABEL_WIDTH - 8}" y="${middle + 4}" text-anchor="end">${safe(name)}</text>
<rect class="${mean < 0 ? 'loss' : 'bar'}" x="${from.toFixed(1)}" y="${y + 3}" width="${Math.max(1, Math.abs(x(mean) - x(0))).toFixed(1)}" height="${BAR_HEIGHT - 6}"/>
<line class="within" x1="${x(mean - within).toFixed(1)}" x2="${x(mean + within).toFixed(1)}" y1="${middle}" y2="${middle}"/>
<text x="${WIDTH - FIGURE_WIDTH + 8}" y="${middle + 4}">${safe(renderFigure(mean, unit))}</text>`
  })
  const height = rows.length * BAR_HEIGHT
  return `<figure><figcaption>${safe(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${safe(title)} by variant">${bars.join('\n')}</svg></figure>`
}

const CHARTED = new Set([
  'utilisation',
  'revenue_usd',
  'margin_after_depreciation_usd',
  'capex_recovered_share_per_year',
  'spot_queueing_s_mean',
  'evictions_per_run',
  'breach_rate',
  'anchor_delay_s_mean',
])

function figuresTable(variants: readonly SimulationVariant[]): string {
  const head = variants.map(
    ({ name, policy }) => `<th>${safe(name)}<br><small>${safe(policy)}</small></th>`,
  )
  const rows = SHOWN.map(({ measure, label, unit }) => {
    const cells = variants.map(
      ({ measures }) => `<td>${safe(renderEstimate(measures[measure], unit))}</td>`,
    )
    const isPart = label.startsWith(' ')
    return `<tr><th scope="row"${isPart ? ' class="part"' : ''}>${safe(label.trim())}</th>${cells.join('')}</tr>`
  })
  return `<table><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

const STYLE = `:root{color-scheme:light dark;--ink:#1b2430;--dim:#5c6b7a;--paper:#fff;--line:#d5dce3;--anchor:#3b6fb6;--sold:#e0a83c;--reserved:#5a9a8b;--loss:#b8473b}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--dim:#94a3b3;--paper:#12181f;--line:#2b3642}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1080px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;display:block;overflow-x:auto;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
tbody th{text-align:left;font-weight:500}th.part{padding-left:1.8rem;color:var(--dim)}small,figcaption,.note{color:var(--dim)}
figure{margin:1.4rem 0}svg{width:100%;height:auto;font:12px system-ui,sans-serif}text{fill:var(--ink)}
.anchor{fill:var(--anchor)}.sold{fill:var(--sold)}.reserved{fill:var(--reserved)}.bar{fill:var(--anchor)}.loss{fill:var(--loss)}
.wanted{fill:none;stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}.capacity{stroke:var(--dim)}.within{stroke:var(--ink);stroke-width:2}
.key span{display:inline-block;width:.8rem;height:.8rem;margin:0 .3rem 0 1rem}pre{overflow-x:auto;background:color-mix(in srgb,var(--ink) 6%,transparent);padding:1rem}`

const KEY = `<p class="key note"><span style="background:var(--reserved)"></span>reserved<span style="background:var(--anchor)"></span>the owner's own<span style="background:var(--sold)"></span>spot; dashed: what the owner wanted; line: all GPUs</p>`

export function renderSimulationPage(simulation: SimulationWithResult): string {
  const { name, horizonDays, seeds, scenario, notes, result } = simulation
  const variants = result ?? []
  const charts = SHOWN.filter(({ measure }) => CHARTED.has(measure))
  const hashes = variants.map(
    ({ name: variant, hashes: of }) => `${safe(variant)}: ${of.map(safe).join(' ')}`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${safe(name)}</title><style>${STYLE}</style></head><body>
<h1>${safe(name)}</h1>
<p class="note">Simulated over ${horizonDays} days with ${seeds} seed${seeds === 1 ? '' : 's'}; ± is half the width of the 95 % confidence interval over the seeds. Amounts are of the whole fleet over these days.</p>
${notes.map((note) => `<p class="note">${safe(note)}</p>`).join('\n')}
${figuresTable(variants)}
<h2>Side by side</h2>
${charts.map((each) => barChart(each, variants)).join('\n')}
<h2>Through the days</h2>
${KEY}
${variants.map(timelineChart).join('\n')}
<h2>The scenario</h2>
<pre>${safe(scenario)}</pre>
<p class="note">Hashes of the runs: ${hashes.join('; ')}</p>
</body></html>
`
}
