/** Sends files to `/v1/files` and fetches them from there. Bytes pass through; nothing is kept in memory as a whole. */
import { basename } from 'node:path'
import { EXIT } from '../exit-codes.ts'
import { Failure, Unreachable } from '../failure.ts'
import { asObject, asText, parseObject } from '../parse/json.ts'
import type { Surroundings } from '../surroundings.ts'

export interface Transfer {
  readonly surroundings: Pick<Surroundings, 'fetch' | 'openFile'>
  readonly url: string
  readonly key: string
}

/** Uploads a file of requests; its id. */
export async function uploadFile(transfer: Transfer, path: string): Promise<string> {
  const content = await transfer.surroundings.openFile(path)
  if (content === null)
    throw new Failure(`There is no file ${path}, or it cannot be read.`, { exitCode: EXIT.usage })
  const form = new FormData()
  form.set('purpose', 'batch')
  form.set('file', content, basename(path))
  const response = await send(transfer, '/v1/files', { method: 'POST', body: form })
  const id = asText(parseObject(await response.text())?.['id'])
  if (id === null) throw new Failure('The gateway kept the file without saying its name.')
  return id
}

/** The bytes of a file, piece by piece. */
export async function* downloadFile(transfer: Transfer, id: string): AsyncGenerator<Uint8Array> {
  const response = await send(transfer, `/v1/files/${id}/content`, { method: 'GET' })
  if (response.body === null) return
  for await (const piece of response.body) yield piece as Uint8Array
}

async function send(
  { surroundings, url, key }: Transfer,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` }
  const response = await surroundings
    .fetch(`${url}${path}`, { ...init, headers })
    .catch((cause: unknown) => {
      throw new Unreachable(`${url} does not answer, or broke off.`, {
        remedy: 'Try again in a moment.',
        cause,
      })
    })
  if (response.ok) return response
  const error = asObject(parseObject(await response.text())?.['error'])
  const isCredential = response.status === 401 || response.status === 403
  throw new Failure(asText(error?.['message']) ?? `The gateway answered ${response.status}.`, {
    exitCode: isCredential ? EXIT.credential : EXIT.refused,
    lines: [`(${asText(error?.['code']) ?? response.status})`],
  })
}
