/** For benchmarks, which fill and measure a database by its own means: the packages that the server speaks to it with. */
export { sql } from 'kysely'
export { Client } from 'pg'
export { pino } from 'pino'
