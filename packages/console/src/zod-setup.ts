/**
 * Imported before anything that makes a schema: zod then does not compile its checks with `new Function`, which the
 * server's content security policy refuses and the browser would report as an error on every page.
 */
import { z } from 'zod'

z.config({ jitless: true })
