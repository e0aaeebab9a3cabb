/** A simulation as a page of its own: one HTML file with the figures and charts, that needs nothing else. Pure. */
import type { SimulationVariant, SimulationWithResult } from '@spillway/contract'
import { safe } from './page-text.ts'
import { renderThroughDays } from './simulation-charts.ts'
import {
  renderDifference,
  renderEstimate,
  renderFigure,
  SHOWN,
  type ShownMeasure,
} from './simulation.ts'

function percent(part: number): string {
  return `${(100 * part).toFixed(2)}%`
}

/** One bar a variant, from zero, with the confidence interval as a line across its end. */
function barChart(
  { measure, label, title = label, unit }: ShownMeasure,
  variants: readonly SimulationVariant[],
): string {
  const rows = variants.map(({ name, measures }) => {
    const { mean, within } = measures[measure] ?? { mean: 0, within: null }
    return { name, mean, within: within ?? 0, isKnown: measures[measure] !== undefined }
  })
  const least = Math.min(0, ...rows.map(({ mean, within }) => mean - within))
  const most = Math.max(0, ...rows.map(({ mean, within }) => mean + within))
  const span = most - least || 1
  const place = (value: number) => (value - least) / span
  const bars = rows.map(({ name, mean, within, isKnown }) => {
    const from = place(Math.min(0, mean))
    const width = Math.abs(mean) / span
    return `<tr><th scope="row">${safe(name)}</th><td class="track"><span class="bar${mean < 0 ? ' loss' : ''}" style="left:${percent(from)};width:${percent(width)}"></span><span class="within" style="left:${percent(place(mean - within))};width:${percent((2 * within) / span)}"></span></td><td>${isKnown ? safe(renderFigure(mean, unit)) : '-'}</td></tr>`
  })
  return `<table class="bars"><caption>${safe(title)}</caption><tbody>${bars.join('\n')}</tbody></table>`
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
    ({ name, policy }) => `<th scope="col">${safe(name)}<br><small>${safe(policy)}</small></th>`,
  )
  const rows = SHOWN.map(({ measure, label, unit }) => {
    const cells = variants.map(({ measures, differences }) => {
      const difference = differences?.[measure]
      const less = difference
        ? `<br><small>${safe(renderDifference(difference, unit))}</small>`
        : ''
      return `<td>${safe(renderEstimate(measures[measure], unit))}${less}</td>`
    })
    const isPart = label.startsWith(' ')
    return `<tr><th scope="row"${isPart ? ' class="part"' : ''}>${safe(label.trim())}</th>${cells.join('')}</tr>`
  })
  return `<div class="scroll" tabindex="0" role="region" aria-label="All figures"><table><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`
}

const STYLE = `:root{color-scheme:light dark;--ink:#0f1c22;--dim:#51646e;--paper:#fff;--line:#dde4e8;--bar:#0b7285;--loss:#c92a2a;
--anchor:#364fc7;--reserved:#862e9c;--on-demand:#1971c2;--guaranteed:#b0568f;--spot:#e8590c;--flex:#f2b705;--serving:#087f5b;--forecast:#0072b2;--came:#c44e00;--worth:#00845f;--h4:#7552b3;--h2:#b0568f;--h1:#4fa3d9}
@media(prefers-color-scheme:dark){:root{--ink:#e6eef1;--dim:#9db0b9;--paper:#0b1114;--line:#1f2b31;--bar:#3bc9db;--loss:#ff8787;
--anchor:#748ffc;--reserved:#da77f2;--on-demand:#4dabf7;--guaranteed:#e08fc3;--spot:#ff922b;--flex:#ffd43b;--serving:#38d9a9;--forecast:#4ba3e0;--came:#f08a4b;--worth:#3cc79b;--h4:#b79af0;--h2:#e08fc3;--h1:#9bd4f5}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1240px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}
tbody th{text-align:left;font-weight:500}th.part{padding-left:1.8rem;color:var(--dim)}small,figcaption,caption,summary,.note{color:var(--dim)}h3 small{font-weight:400}
caption{text-align:left}figure{margin:0;min-width:0}svg{width:100%;height:auto;font:11px system-ui,sans-serif}text{fill:var(--dim)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:1rem 1.6rem}details table{display:block;max-height:20rem;overflow:auto}summary{cursor:pointer}
.bars{width:100%;table-layout:fixed}.bars th,.bars td{padding:.2rem .4rem;border:0;vertical-align:middle;overflow:hidden;text-overflow:ellipsis}.bars th{width:34%}.bars td:last-child{width:27%}
.track{position:relative;height:1.4rem;overflow:visible}.bar,.within{position:absolute;top:.25rem;bottom:.25rem;background:var(--bar)}.loss{background:var(--loss)}.within{top:50%;bottom:auto;height:2px;background:var(--ink)}
.grid{stroke:var(--line)}.line{fill:none;stroke:var(--c);stroke-width:1.5}.dashed{stroke-dasharray:4 3;stroke-width:1}.area{fill:var(--c);background:var(--c)}.band{fill:var(--c);fill-opacity:.16}
.anchor{--c:var(--anchor)}.reserved{--c:var(--reserved)}.on_demand{--c:var(--on-demand)}.guaranteed{--c:var(--guaranteed)}.spot{--c:var(--spot)}.flex{--c:var(--flex)}.serving{--c:var(--serving)}
.forecast{--c:var(--forecast)}.came{--c:var(--came)}.worth{--c:var(--worth)}.wanted{--c:var(--ink)}.free{--c:var(--dim)}.hours-4{--c:var(--h4)}.hours-2{--c:var(--h2)}.hours-1{--c:var(--h1)}
.swatch{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin:0 .35rem 0 .9rem;vertical-align:-1px}.swatch:first-child{margin-left:0}pre{overflow-x:auto;background:color-mix(in srgb,var(--ink) 6%,transparent);padding:1rem}`

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
<p class="note">Simulated over ${horizonDays} days with ${seeds} seed${seeds === 1 ? '' : 's'}; ± is half the width of the 95 % confidence interval over the seeds. Below a figure stands what it is less the base, seed by seed. Amounts are of the whole fleet over these days.</p>
${notes.map((note) => `<p class="note">${safe(note)}</p>`).join('\n')}
${figuresTable(variants)}
<h2>Side by side</h2>
<div class="pair">${charts.map((each) => barChart(each, variants)).join('\n')}</div>
<h2>Through the days</h2>
${renderThroughDays(variants)}
<h2>The scenario</h2>
<pre>${safe(scenario)}</pre>
<p class="note">Hashes of the runs: ${hashes.join('; ')}</p>
</body></html>
`
}
