/**
 * The console's files. They are built from source when they are missing or older than their sources, so that a fresh
 * clone needs no build step, and served as they are.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, normalize, relative } from 'node:path'
import type { Context } from 'hono'

const MARK = '.sources'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}

const CONTENT_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

/** Names the state of everything the console is built from. */
function sourcesMark(root: string): string {
  const hash = createHash('sha256')
  const folders = ['packages/console/src', 'packages/contract/src'].map((folder) =>
    join(root, folder),
  )
  const single = [
    'packages/console/index.html',
    'packages/console/vite.config.ts',
    'package-lock.json',
  ].map((file) => join(root, file))
  for (const file of [
    ...folders.flatMap(filesBelow),
    ...single.filter((path) => existsSync(path)),
  ]) {
    hash.update(relative(root, file))
    hash.update(readFileSync(file))
  }
  return hash.digest('base64url')
}

function build(root: string, outDir: string): Promise<void> {
  const vite = join(
    dirname(
      createRequire(join(root, 'packages/console/package.json')).resolve('vite/package.json'),
    ),
    'bin/vite.js',
  )
  const child = spawn(
    process.execPath,
    [vite, 'build', '--outDir', outDir, '--emptyOutDir', '--logLevel', 'error'],
    {
      cwd: join(root, 'packages/console'),
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' },
    },
  )
  let said = ''
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString()).slice(-4000)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the console could not be built:\n${said}`)),
    )
  })
}

/** Makes sure that the console is built from the sources as they are. Returns its folder. */
export async function ensureConsole(root: string): Promise<string> {
  const dist = join(root, 'packages/console/dist')
  const mark = sourcesMark(root)
  const markFile = join(dist, MARK)
  if (existsSync(markFile) && readFileSync(markFile, 'utf8') === mark) return dist
  const draft = `${dist}.${process.pid}`
  await build(root, draft)
  writeFileSync(join(draft, MARK), mark)
  rmSync(dist, { recursive: true, force: true })
  renameSync(draft, dist)
  return dist
}

/** Answers in the place of a console that could not be built. The API is there all the same. */
export function explainMissingConsole(why: string) {
  return (): Response =>
    new Response(`The console could not be built; the API and the command work.\n\n${why}\n`, {
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    })
}

/** A path that cannot be decoded names no file. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // A stray percent sign: the app's own page says that there is nothing.
    return '/'
  }
}

/** Answers a page or an asset. Addresses that are no file are the app's own and get its page. */
export function serveConsole(folder: string) {
  return (context: Context): Response => {
    const wanted = normalize(join(folder, decodePath(context.req.path)))
    const isInside = wanted.startsWith(`${folder}/`)
    const isFile = isInside && existsSync(wanted) && statSync(wanted).isFile()
    const isAsset = context.req.path.startsWith('/assets/')
    if (isAsset && !isFile) return new Response('There is no such file.', { status: 404 })
    const path = isFile ? wanted : join(folder, 'index.html')
    const headers = {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': CONTENT_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    }
    return new Response(readFileSync(path), { headers })
  }
}
