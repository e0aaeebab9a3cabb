import { expect, test } from 'vitest'
import {
  loginPath,
  parseUrl,
  resolveConnection,
  type Connection,
  type ConnectionInputs,
} from './connection.ts'
import { Failure } from './failure.ts'

const LOCAL = JSON.stringify({
  url: 'http://127.0.0.1:4510',
  operator_token: 'op-secret',
  demo_api_key: 'demo-secret',
})
const REMOTE = JSON.stringify({ url: 'https://cloud.example.com', key: 'remote-secret' })
const LOGIN = '/h/.config/spillway/config.json'

type Given = Partial<ConnectionInputs> & { readonly files?: Readonly<Record<string, string>> }

function resolve({ files = {}, ...given }: Given): Connection {
  return resolveConnection({
    flags: {},
    persona: 'demo',
    environment: {},
    currentFolder: '/w/project/deep',
    homeFolder: '/h',
    installationFolder: '/opt/spillway',
    readFile: (path) => files[path] ?? null,
    ...given,
  })
}

function failureOf(given: Given): Failure {
  try {
    resolve(given)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('it found a connection')
}

test('flags outrank the environment, and the environment outranks files', () => {
  const files = { '/w/.spillway/credentials.json': LOCAL }
  const environment = { SPILLWAY_URL: 'http://env:1', SPILLWAY_API_KEY: 'env-secret' }
  const flags = { url: 'http://flag:1', key: 'flag-secret' }
  expect(resolve({ files, environment, flags })).toMatchObject({
    url: 'http://flag:1',
    key: 'flag-secret',
  })
  expect(resolve({ files, environment })).toMatchObject({
    url: 'http://env:1',
    key: 'env-secret',
    source: 'SPILLWAY_API_KEY',
  })
})

test('the data folder of the environment outranks the folders around', () => {
  const files = {
    '/d/credentials.json': LOCAL.replace('demo-secret', 'other-secret'),
    '/w/.spillway/credentials.json': LOCAL,
  }
  expect(resolve({ files, environment: { SPILLWAY_DATA_DIR: '/d' } }).key).toBe('other-secret')
})

test('a data folder without credentials is told, not passed over', () => {
  const failure = failureOf({
    files: { '/w/.spillway/credentials.json': LOCAL },
    environment: { SPILLWAY_DATA_DIR: '/d' },
  })
  expect(failure.exitCode).toBe(4)
  expect(failure.message).toContain('SPILLWAY_DATA_DIR is /d')
})

test('the nearest installation from the current folder up is found', () => {
  const files = {
    '/w/project/.spillway/credentials.json': LOCAL.replace('demo-secret', 'near'),
    '/w/.spillway/credentials.json': LOCAL.replace('demo-secret', 'far'),
  }
  expect(resolve({ files })).toEqual({
    url: 'http://127.0.0.1:4510',
    key: 'near',
    source: '/w/project/.spillway/credentials.json',
    persona: 'demo',
  })
})

test('a login comes before the installation that the command itself belongs to', () => {
  const own = { '/opt/spillway/.spillway/credentials.json': LOCAL }
  expect(resolve({ files: { ...own, [LOGIN]: REMOTE } }).key).toBe('remote-secret')
  expect(resolve({ files: own }).key).toBe('demo-secret')
})

test('the command decides who speaks, and --as overrides it', () => {
  const files = { '/w/.spillway/credentials.json': LOCAL }
  expect(resolve({ files, persona: 'operator' }).key).toBe('op-secret')
  expect(resolve({ files, persona: 'operator', flags: { as: 'demo' } }).key).toBe('demo-secret')
  const environment = { SPILLWAY_API_KEY: 'env-secret' }
  expect(resolve({ files, environment, flags: { as: 'operator' } }).key).toBe('op-secret')
})

test('a stored key is never sent to another address', () => {
  const files = { '/w/.spillway/credentials.json': LOCAL }
  const failure = failureOf({ files, flags: { url: 'https://elsewhere.example.com' } })
  expect(failure.exitCode).toBe(4)
  expect(failure.message).toContain('belongs to http://127.0.0.1:4510')
  expect(resolve({ files, flags: { url: 'http://127.0.0.1:4510/' } }).key).toBe('demo-secret')
})

test('a key without an address goes to the installation found here, else to the default one', () => {
  const flags = { key: 'k' }
  expect(resolve({ flags }).url).toBe('http://127.0.0.1:4510')
  expect(resolve({ flags, files: { [LOGIN]: REMOTE } }).url).toBe('https://cloud.example.com')
})

test('where nothing is found, the failure says every way to get a key', () => {
  const failure = failureOf({})
  expect(failure.exitCode).toBe(4)
  for (const way of ['npm start', 'spillway login', 'SPILLWAY_API_KEY'])
    expect(failure.remedy).toContain(way)
})

test.each(['', '[]', '{"url":"http://127.0.0.1:1"}', LOCAL.replace('http://', 'not an address')])(
  'credentials that read “%s” are damaged, and the failure names the file',
  (text) => {
    const path = '/w/.spillway/credentials.json'
    const failure = failureOf({ files: { [path]: text } })
    expect(failure.message).toContain(`${path} is damaged`)
    expect(failure.remedy).toContain('Restart the server')
  },
)

test('a file that may not be read is told with its reason', () => {
  const readFile = (): string => {
    throw new Error('EACCES: permission denied')
  }
  expect(failureOf({ readFile }).message).toContain('EACCES')
})

test('--as makes no sense where there is one key', () => {
  const failure = failureOf({ files: { [LOGIN]: REMOTE }, flags: { as: 'operator' } })
  expect(failure.exitCode).toBe(2)
})

test.each([
  ['http://127.0.0.1:4510/', 'http://127.0.0.1:4510'],
  ['http://127.0.0.1:4510/v1', 'http://127.0.0.1:4510'],
  ['https://host/gpu/api/v1/', 'https://host/gpu'],
])('%s is the installation at %s', (text, want) => {
  expect(parseUrl(text)).toBe(want)
})

test.each(['127.0.0.1:4510', 'ftp://host', 'host', ''])('“%s” is not an address', (text) => {
  expect(() => parseUrl(text)).toThrow(/is not an address/)
})

test('the login file follows XDG_CONFIG_HOME', () => {
  expect(loginPath({}, '/h')).toBe(LOGIN)
  expect(loginPath({ XDG_CONFIG_HOME: '/x' }, '/h')).toBe('/x/spillway/config.json')
})
