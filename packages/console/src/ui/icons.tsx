/** The console's own icons: 16 by 16, one stroke width, drawn in the text's colour. */
import type { ReactElement } from 'react'

const PATHS = {
  overview: 'M2.5 13.5v-5m3.7 5v-11m3.6 11v-7m3.7 7V5',
  model: 'M8 1.8 13.6 5v6L8 14.2 2.4 11V5L8 1.8Zm0 6.1 5.4-3M8 7.9v6.2M8 7.9 2.6 4.9',
  batch: 'M3.5 2.5h9v11h-9zM5.8 5.500h4.400M5.800 8h4.400M5.800 10.500h2.400',
  lease: 'M2.5 3.5h11v3.6h-11zM2.5 8.9h11v3.6h-11zM5 5.3h.01M5 10.7h.01',
  market: 'M2.5 2.5v11h11M3 11h3.500V8.500h3V6h3.500V3.500M3 4.500h4v4.500h3v2.500h3',
  order:
    'M3 2.500h10v11l-2-1.300-1.500 1.300L8 12.200l-1.500 1.300L5 12.200l-2 1.300zM5.500 5.800h5M5.500 8.500h5',
  block: 'M2.500 4h11v9.500h-11zM2.500 7h11M5.500 2.500V4M10.500 2.500V4M5 9.500h6v2H5z',
  rate: 'M2.500 12.500h2v-3h-2zM7 12.500h2v-6h-2zM11.500 12.500h2v-9h-2zM2 6l4-3 2 1.500L13 1.500',
  budget: 'M2.500 4.500h11v8h-11zM2.500 7.500h11M10 10.500h1.500',
  content: 'M3 4.500c0-3 10-3 10 0v7c0 3-10 3-10 0zM3 4.500c0 3 10 3 10 0M3 8c0 3 10 3 10 0',
  guardrail: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.800 8l1.500 1.500 3-3',
  quota: 'M2.500 12.500a6 6 0 1 1 11 0M8 11.500l3-5M7.200 12.500h1.600',
  request:
    'M2.500 4h8M2.500 8h11M2.500 12h6M12.500 2.500l1.500 1.500-1.500 1.500M10.500 10.500l1.500 1.500-1.500 1.500',
  usage: 'M2 13.5h12M2.5 10.5l3-3.4 2.6 2 4.9-5.6M10.2 3.4H13v2.8',
  outcome:
    'M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11Zm-2.600-5.300 1.900 1.900 3.400-3.800',
  playground:
    'M2.500 3h4.500v10H2.500zM9 3h4.500v10H9zM4 6h1.500M10.500 6H12M4 8.500h1.500M10.500 8.500H12',
  reclaim: 'M5.500 3 2.500 6l3 3M2.500 6h7a4 4 0 0 1 0 8H6',
  key: 'M9.2 6.8a3.4 3.4 0 1 1-2-2L13.5 2.5M11 4.1l1.6 1.7M8.6 5.6 9.2 6.8',
  webhook:
    'M8 2.200a3 3 0 0 1 1.500 5.600l2 3.600M8 5.200 5.500 9.800M5.800 12.300a3 3 0 1 1-2.600-4M6.300 12h4.200a2.300 2.300 0 1 0 .8-2.500',
  fleet: 'M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z',
  forecast: 'M2 11.500l3-4 2.500 2L10 6M10 6l4-3M10 6l4 .5M10 6l4 4M2 13.800h12',
  plan: 'M2.500 13.500v-11M2.500 13.500h11M5.500 11V8M8.500 11V5.500M11.500 11V7',
  books: 'M3 2.5h7.5A2.5 2.5 0 0 1 13 5v8.5H5a2 2 0 0 1-2-2zM3 11.5a2 2 0 0 1 2-2h8M6 5.5h4',
  organization:
    'M2.5 13.5v-9l5-2v11M7.500 6h6v7.500M1.500 13.500h13M4.800 6.500h.01M4.800 9.500h.01M10.500 8.500h.01M10.500 11h.01',
  deployment: 'M8 2 14 5 8 8 2 5l6-3Zm-6 6 6 3 6-3M2 11l6 3 6-3',
  route:
    'M2.500 8h3.500c2.500 0 2.500-4.500 5-4.500h2.500M6 8c2.500 0 2.500 4.500 5 4.500h2.500M11.500 1.500l2 2-2 2M11.500 10.500l2 2-2 2',
  audit: 'M4 1.800h5.500L12.500 5v9.200H4zM9.300 2v3.200h3M6 8h4.500M6 10.800h4.500',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.600-1.400L14 14',
  theme: 'M8 13.500a5.500 5.500 0 1 0 0-11v11Zm0-11a5.500 5.500 0 0 0 0 11',
  copy: 'M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8z',
  check: 'm3 8.500 3.200 3.200L13 4.800',
  cross: 'm3.500 3.500 9 9m0-9-9 9',
  plus: 'M8 2.800v10.400M2.800 8h10.400',
  minus: 'M2.8 8h10.400',
  stop: 'M4 4h8v8H4z',
  pause: 'M5.500 3.500v9m5-9v9',
  play: 'M5 3v10l8-5-8-5Z',
  download: 'M8 2v8.200M4.700 7 8 10.300 11.300 7M2.500 13.500h11',
  up: 'M8 13V3.500M4 7.300l4-4 4 4',
  down: 'M8 3v9.500M4 8.700l4 4 4-4',
  chevron: 'm4 6 4 4 4-4',
  right: 'm6 3.500 4.500 4.500L6 12.500',
  columns: 'M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10',
  user: 'M8 8.200a2.900 2.900 0 1 0 0-5.800 2.900 2.900 0 0 0 0 5.800ZM2.800 14a5.200 5.200 0 0 1 10.400 0',
  more: 'M3.500 8h.01M8 8h.01M12.500 8h.01',
  alert: 'M8 2 14.500 13.500h-13L8 2Zm0 4.500v3.200M8 11.600h.01',
  table: 'M2.500 3h11v10h-11zM2.500 6.300h11M2.500 9.700h11M7 6.300V13',
  chart: 'M2.500 2.500v11h11M4.800 10.300l2.500-3.100 2 1.700 3.400-4.600',
  refresh: 'M13.200 6.200A5.500 5.500 0 1 0 13.500 8M13.500 2.800v3.500H10',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}

/** The mark: water going over a weir. */
export function Mark(): ReactElement {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 24 24"
      fill="none"
      aria-hidden="true"
      className="shrink-0 text-accent"
    >
      <g stroke="currentColor" strokeWidth="2.4" strokeLinecap="round">
        <path d="M3 6h7.200c3 0 3.500 2.300 4.200 5.300.8 3.500 1.800 6.200 6.600 6.200" />
        <path
          d="M3 11.700h5c1.700 0 2.200 1 2.700 2.600.6 2 1.300 3.200 2.800 3.200"
          opacity=".6"
        />
        <path d="M3 17.500h3" opacity=".35" />
      </g>
    </svg>
  )
}
