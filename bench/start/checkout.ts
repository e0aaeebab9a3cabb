/** A checkout as it is after `npm ci`: every file of this one but what running has made, and its installed packages. */
import { cpSync, symlinkSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

const MADE_BY_RUNNING = new Set(['node_modules', 'dist', '.git', '.spillway', 'results'])

/** The packages are linked, not copied: nothing is written to them. */
export function copyCheckout(root: string, target: string): void {
  cpSync(root, target, {
    recursive: true,
    filter: (path) => relative(root, path) === '' || !MADE_BY_RUNNING.has(basename(path)),
  })
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'))
}
