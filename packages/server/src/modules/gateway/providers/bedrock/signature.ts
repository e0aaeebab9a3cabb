/**
 * What proves to Bedrock who asks: an API key as a bearer, or a key of AWS's, whose secret signs each request (SigV4) and
 * never travels. Which one it is shows in how the credential begins; tests hold what is signed against AWS's own signer.
 */
import { createHash, createHmac } from 'node:crypto'
import type { RequestToSign } from '../../frame/provider.ts'

/** `ID:SECRET`, with `:TOKEN` behind it for a session; the contract judges what is written so. */
interface AwsKey {
  readonly id: string
  readonly secret: string
  readonly token: string | undefined
}

function readKey(credential: string): AwsKey | null {
  const [id = '', secret, token] = credential.split(':')
  return /^(AKIA|ASIA)/.test(id) && secret !== undefined ? { id, secret, token } : null
}

const SERVICE = 'bedrock'
const ALGORITHM = 'AWS4-HMAC-SHA256'
const REGION = /^[a-z]{2}(-[a-z]+)+-\d+$/
const REGION_DEFAULT = 'us-east-1'

/** Its own addresses name their region; one in front of it is where the operator says. */
function regionOf({ host, region }: RequestToSign): string {
  const named = /(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1]
  if (named !== undefined) return named
  return region !== null && REGION.test(region) ? region : REGION_DEFAULT
}

/** As AWS writes an instant: 20260101T000000Z. */
const stampOf = (at: Date): string => at.toISOString().replace(/[-:]|\.\d{3}/g, '')

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()

/** A path is encoded once for the request, and once more for what is signed. */
const encodeAgain = (path: string): string => path.split('/').map(encodeWord).join('/')

const encodeWord = (word: string): string =>
  encodeURIComponent(word).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )

function sign(key: AwsKey, request: RequestToSign, headers: Readonly<Record<string, string>>) {
  const { path, body, at } = request
  const stamp = stampOf(at)
  const names = Object.keys(headers).toSorted()
  const canonical = [
    ...['POST', encodeAgain(path), ''],
    ...names.map((name) => `${name}:${headers[name] ?? ''}`),
    ...['', names.join(';'), sha256(body)],
  ].join('\n')
  const steps = [stamp.slice(0, 8), regionOf(request), SERVICE, 'aws4_request']
  const scope = steps.join('/')
  const said = [ALGORITHM, stamp, scope, sha256(canonical)].join('\n')
  const derived = steps.reduce<string | Buffer>(hmac, `AWS4${key.secret}`)
  const signature = hmac(derived, said).toString('hex')
  return `${ALGORITHM} Credential=${key.id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
}

export function renderProof(
  credential: string,
  request: RequestToSign,
): Readonly<Record<string, string>> {
  const key = readKey(credential)
  if (key === null) return { authorization: `Bearer ${credential}` }
  const own = {
    'x-amz-date': stampOf(request.at),
    ...(key.token === undefined ? {} : { 'x-amz-security-token': key.token }),
  }
  const signed = { ...request.headers, host: request.host, ...own }
  return { ...own, authorization: sign(key, request, signed) }
}

/** What of a credential must not come back in an answer. */
export function secretsIn(credential: string): readonly string[] {
  const key = readKey(credential)
  if (key === null) return [credential]
  return [key.secret, ...(key.token === undefined ? [] : [key.token])]
}
