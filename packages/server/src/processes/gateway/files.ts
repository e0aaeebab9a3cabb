/** `/v1/files` as OpenAI's clients speak it: a file comes in as a form, chunk by chunk into the database, and goes out so. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  deleteFile,
  FileWriter,
  type FormEvent,
  FormReader,
  getFile,
  keptUntil,
  listFiles,
  readBoundary,
  readFile,
  renderFileObject,
  renderList,
  requireRoom,
  tooLarge,
} from '#modules/batch/index.ts'
import { type Refusal, refusals } from '#modules/gateway/index.ts'
import { FILE_BYTES_MAX, UPLOAD_SILENCE_MAX_MS, UPLOADS_AT_ONCE } from '../../limits.ts'
import { sendJson, sendRefusal, type ServedExchange } from './exchange.ts'
import { type Asked, limitOf, mutate, queryOf, serveKnown, type StoredDeps } from './v1-mutation.ts'

export const FILES = '/v1/files'

/** What the form has beside the file. */
const FORM_BYTES_MAX = 256 * 1024
const NAME_CHARACTERS_MAX = 255
const LIST_MAX = 10_000
const LIST_USUAL = 1000
/** What OpenAI allows a file to be kept for. */
const KEPT_S = { least: 3600, most: 2_592_000 }

let uploads = 0

export function serveFiles(
  deps: StoredDeps,
  exchange: ServedExchange,
  path: string,
): Promise<void> {
  return serveKnown(deps, exchange, (asked) => {
    const method = exchange.request.method ?? 'GET'
    const [id, part, ...rest] = path.slice(FILES.length + 1).split('/')
    const wrong = (allowed: string) =>
      Promise.resolve(sendRefusal(exchange, refusals.wrongMethod(method, path, allowed)))
    if (rest.length > 0 || (part !== undefined && part !== 'content'))
      return Promise.resolve(sendRefusal(exchange, refusals.unknownUrl(method, path)))
    if (id === undefined || id === '') {
      if (method === 'POST') return serveUpload(deps, asked)
      return method === 'GET' ? list(deps, asked) : wrong('GET')
    }
    if (part === 'content') return method === 'GET' ? sendContent(deps, asked, id) : wrong('GET')
    if (method === 'GET') return show(deps, asked, id)
    return method === 'DELETE' ? remove(deps, asked, id) : wrong('GET')
  })
}

async function list({ database }: StoredDeps, { exchange, principal }: Asked): Promise<void> {
  const query = queryOf(exchange)
  const limit = limitOf(query, { most: LIST_MAX, usual: LIST_USUAL })
  const page = {
    projectId: principal.projectId,
    limit: limit + 1,
    after: query.get('after') ?? undefined,
    order: query.get('order') === 'asc' ? ('asc' as const) : ('desc' as const),
  }
  const found = await listFiles(database, page)
  const purpose = query.get('purpose')
  const items = found.slice(0, limit).filter((each) => purpose === null || each.purpose === purpose)
  const answer = renderList(items.map(renderFileObject), found.length > limit)
  sendJson(exchange, JSON.stringify(answer))
}

async function show(deps: StoredDeps, { exchange, principal }: Asked, id: string): Promise<void> {
  const file = await getFile(deps.database, { id, projectId: principal.projectId })
  sendJson(exchange, JSON.stringify(renderFileObject(file)))
}

async function remove(deps: StoredDeps, asked: Asked, id: string): Promise<void> {
  await mutate(deps, asked, {
    action: 'file.delete',
    target: () => id,
    work: (tx) => deleteFile(tx, { id, projectId: asked.principal.projectId }),
  })
  sendJson(asked.exchange, JSON.stringify({ id, object: 'file', deleted: true }))
}

async function sendContent(deps: StoredDeps, asked: Asked, id: string): Promise<void> {
  const { exchange, principal } = asked
  const { size, name } = await getFile(deps.database, { id, projectId: principal.projectId })
  const { response, requestId } = exchange
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': size,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    'x-request-id': requestId,
  })
  // A client that leaves, or a file that is deleted meanwhile, ends the connection: no part is taken for the whole.
  await pipeline(Readable.from(readFile(deps.database, id)), response).catch(() =>
    response.destroy(),
  )
}

async function serveUpload(deps: StoredDeps, asked: Asked): Promise<void> {
  const { exchange, principal } = asked
  const { headers } = exchange.request
  const boundary = readBoundary(headers['content-type'])
  if (boundary === null)
    return sendRefusal(exchange, wrong('Send the file as multipart/form-data.'))
  if (Number(headers['content-length'] ?? 0) > FILE_BYTES_MAX + FORM_BYTES_MAX) throw tooLarge()
  if (uploads >= UPLOADS_AT_ONCE) return sendRefusal(exchange, refusals.overloaded())
  await requireRoom(deps.database, principal.projectId)
  uploads += 1
  const upload = new Upload(deps, asked, boundary)
  try {
    await upload.receive()
  } finally {
    uploads -= 1
    await upload.discard()
  }
}

function wrong(message: string, param: string | null = null): Refusal {
  return refusals.invalidRequest(message, { param })
}

/** One file on its way in. */
class Upload {
  readonly #deps: StoredDeps
  readonly #asked: Asked
  readonly #reader: FormReader
  readonly #fields = new Map<string, string>()
  #writer: FileWriter | null = null
  #refusal: Refusal | null = null
  #isKept = false

  constructor(deps: StoredDeps, asked: Asked, boundary: string) {
    this.#deps = deps
    this.#asked = asked
    this.#reader = new FormReader(boundary)
  }

  /** What is refused is read to its end all the same: a client that is cut off while it sends never reads why. */
  async receive(): Promise<void> {
    const { exchange } = this.#asked
    const { request } = exchange
    request.setTimeout(UPLOAD_SILENCE_MAX_MS, () => request.socket.destroy())
    try {
      let bytes = 0
      for await (const chunk of request.iterator({
        destroyOnReturn: false,
      }) as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > 2 * FILE_BYTES_MAX) break
        if (this.#refusal === null) await this.#take(chunk)
      }
    } catch {
      // The client went away, and with it whoever could be told.
      return
    } finally {
      request.setTimeout(0)
    }
    this.#refusal ??= this.#judge()
    if (this.#refusal) return sendRefusal(exchange, this.#refusal)
    await this.#keep()
  }

  async discard(): Promise<void> {
    if (!this.#isKept) await this.#writer?.discard()
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const event of this.#reader.push(chunk)) {
      await this.#note(event)
      if (this.#refusal) return
    }
  }

  async #note(event: FormEvent): Promise<void> {
    switch (event.kind) {
      case 'field':
        return void this.#fields.set(event.name, event.value)
      case 'file':
        return this.#begin(event)
      case 'content':
        await this.#writer?.write(event.bytes)
        if ((this.#writer?.size ?? 0) > FILE_BYTES_MAX)
          this.#refusal = refusals.invalidRequest(tooLarge().message, {
            ...{ status: 413, code: 'file_too_large', param: 'file' },
          })
        return
      case 'broken':
        this.#refusal = wrong(`The form cannot be read: ${event.why}.`)
        return
      case 'end':
        return
    }
  }

  #begin({ field, name }: { readonly field: string; readonly name: string }): void {
    if (field !== 'file' || this.#writer !== null) {
      this.#refusal = wrong("Send one file, in the field 'file'.", field)
      return
    }
    const { database, ids, now } = this.#deps
    const owner = this.#asked.principal
    const shown = name.replaceAll(/\p{Cc}/gu, ' ').slice(0, NAME_CHARACTERS_MAX) || 'file'
    const file = { owner, purpose: 'batch' as const, name: shown, now: now() }
    this.#writer = new FileWriter(database, file, ids)
  }

  #judge(): Refusal | null {
    if (!this.#reader.isOver) return wrong('The form breaks off before its end.')
    const { purpose, 'expires_after[anchor]': anchor, ...others } = Object.fromEntries(this.#fields)
    const { 'expires_after[seconds]': seconds, ...unknown } = others
    if (this.#writer === null) return wrong("Missing required parameter: 'file'.", 'file')
    if (purpose !== 'batch')
      return wrong("'purpose' must be 'batch': files are kept for batches only.", 'purpose')
    if (anchor !== undefined && anchor !== 'created_at')
      return wrong("'expires_after[anchor]' must be 'created_at'.", 'expires_after[anchor]')
    const kept = Number(seconds ?? KEPT_S.most)
    if (!Number.isInteger(kept) || kept < KEPT_S.least || kept > KEPT_S.most)
      return wrong(
        `'expires_after[seconds]' must be from ${KEPT_S.least} to ${KEPT_S.most}.`,
        'expires_after[seconds]',
      )
    const [name] = Object.keys(unknown)
    return name === undefined ? null : wrong(`Unknown parameter: '${name}'.`, name)
  }

  async #keep(): Promise<void> {
    const writer = this.#writer
    if (writer === null) return
    await writer.flush()
    const keptMs = Number(this.#fields.get('expires_after[seconds]') ?? KEPT_S.most) * 1000
    const file = await mutate(this.#deps, this.#asked, {
      action: 'file.create',
      work: (tx, now) => writer.end(tx, keptUntil(now, keptMs)),
      target: ({ id }) => id,
    })
    this.#isKept = true
    sendJson(this.#asked.exchange, JSON.stringify(renderFileObject(file)))
  }
}
