/** A small image with a shell of this machine, and the libraries that it needs, in two layers. */
import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type ArchiveEntry, archiveOf } from './tar-archive.ts'

const PROGRAMS = ['sh', 'cat', 'ls', 'sleep', 'id', 'touch'] as const

function program(path: string, at: string): ArchiveEntry {
  return { path: at, content: readFileSync(realpathSync(path)), mode: 0o755 }
}

/** The libraries of programs, their loader among them, at the paths where they look for them. */
function libraries(): ArchiveEntry[] {
  const listed = execFileSync(
    'ldd',
    PROGRAMS.map((name) => `/bin/${name}`),
    { encoding: 'utf8' },
  )
  const found = [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = '']) => path)
  return [...new Set(found)].map((path) => program(path, path))
}

export function shellLayers(): readonly Buffer[] {
  const base = archiveOf([
    { path: 'bin/', type: 'Directory', mode: 0o755 },
    { path: 'tmp/', type: 'Directory', mode: 0o777 },
    ...PROGRAMS.map((name) => program(`/bin/${name}`, `bin/${name}`)),
    ...libraries(),
  ])
  const own = archiveOf([
    { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
    { path: 'etc/os-release', content: 'NAME=made-for-a-test\n' },
    {
      path: 'app/hello',
      content: '#!/bin/sh\necho "hello $1 from $PWD, $GREETING"\n',
      mode: 0o755,
    },
    { path: 'bin/hello', type: 'SymbolicLink', linkpath: '../app/hello' },
  ])
  return [gzipSync(base, { level: 1 }), zstdCompressSync(own)]
}

export const SHELL_CONFIG = {
  Env: ['PATH=/bin', 'GREETING=bonjour', 'HOME=/root'],
  WorkingDir: '/app',
}
