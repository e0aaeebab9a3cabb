/** A controller as the journal knows it: ships until it is killed, and tells nobody anything. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { idSource } from '../../packages/server/src/kernel/ids.ts'
import { createShipper } from '../../packages/server/src/modules/metering/index.ts'
import { openDatabase } from '../../packages/server/src/platform/db/database.ts'
import { hearOrder, type ShipperOrder } from './process-links.ts'

const { directory, databaseUrl } = await hearOrder<ShipperOrder>()
const silent = () => undefined
const shipper = createShipper({
  database: openDatabase(databaseUrl),
  directory,
  // The parent puts the file there before it starts the writer, and takes it away when the writer is dead.
  isWriterAlive: (writer) => existsSync(join(directory, '..', 'alive', writer)),
  now: () => new Date(),
  ids: idSource(() => Date.now()),
  log: { info: silent, warn: silent, error: silent },
  onReport: (report) => {
    if (report.kind === 'writer_stopped' || report.kind === 'conflicts')
      process.stderr.write(`${JSON.stringify(report)}\n`)
  },
})
shipper.start()
