/**
 * What follows from the migrations: the Kysely types and the readable dump. A throw-away PostgreSQL is started, migrated
 * and read, because only the database knows what the sum of the migrations is.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../packages/server/src/platform/db/database.ts'
import { startEmbedded } from '../../packages/server/src/platform/db/embedded/index.ts'
import { migrate } from '../../packages/server/src/platform/db/migrate.ts'
import { renderSchemaSql } from '../../packages/server/src/platform/db/schema-sql.ts'
import { renderSchemaTypes } from '../../packages/server/src/platform/db/schema-types.ts'
import { renderFormatted } from './formatted.ts'
import type { Generated } from './generated.ts'

export async function generateSchema(): Promise<Generated[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'spillway-generate-'))
  const embedded = await startEmbedded({ dataDir, isDurable: false })
  try {
    await migrate(embedded.url)
    const db = openDatabase(embedded.url, { poolMax: 1, applicationName: 'spillway-generate' })
    try {
      return [
        {
          path: 'packages/server/src/platform/db/schema.ts',
          text: await renderFormatted('schema.ts', await renderSchemaTypes(db)),
        },
        { path: 'docs/reference/schema.sql', text: await renderSchemaSql(db) },
      ]
    } finally {
      await db.destroy()
    }
  } finally {
    await embedded.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
