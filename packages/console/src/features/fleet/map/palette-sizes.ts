/** How many colours a scale of the map has. */
export const RAMP_STEPS = 5
export const SERIES_COUNT = 8
