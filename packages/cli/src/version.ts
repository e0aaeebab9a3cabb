/** The version of this command, which is the version of its package. */
import manifest from '../package.json' with { type: 'json' }

export const VERSION = manifest.version
