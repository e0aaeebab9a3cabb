/** What tests stand on: a database of their own, a clock in their hands, waiting without sleeping, needs declared. */
export { type FakeClock, makeClock } from './clock.ts'
export { cloneDatabase, type TestDatabase } from './database.ts'
export { requirement } from './requirement.ts'
export { untilTrue } from './until-true.ts'
