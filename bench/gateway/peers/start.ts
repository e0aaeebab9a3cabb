/** Starts each peer in front of the mock, on its core and on a port of its own, and says how it is asked. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pin } from '../pinned.ts'
import type { PeerName } from './install.ts'

/** How the mock is reached through a peer. */
export interface Way {
  readonly origin: string
  /** For a mock that answers at once, and for one that takes 20 ms for each chunk. */
  readonly path: (delay: Delay) => string
  readonly model: (delay: Delay) => string
  readonly headers: (delay: Delay) => Readonly<Record<string, string>>
}

export type Delay = 'd0' | 'd20'

export interface Peer extends Way {
  readonly pid: number
  /** Lets it run, or holds it still so that it takes nothing from the one that is measured. */
  readonly wake: () => void
  readonly rest: () => void
  readonly end: () => void
}

export interface Place {
  /** What was installed. */
  readonly folder: string
  /** A folder for this run. */
  readonly scratch: string
  readonly mockPort: number
  readonly core: number
}

interface Recipe {
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly way: Omit<Way, 'origin'>
}

const READY_WITHIN_MS = 240_000
const CHAT = '/v1/chat/completions'
const LITELLM_KEY = 'sk-bench-litellm'

const plainWay: Omit<Way, 'origin'> = {
  path: (delay) => `/${delay}${CHAT}`,
  model: (delay) => delay,
  headers: () => ({}),
}

function nginx({ folder, scratch, mockPort }: Place, port: number): Recipe {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(scratch, name)};`)
    .join(' ')
  const file = join(scratch, 'nginx.conf')
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${join(scratch, 'nginx.pid')}; error_log stderr;
events { worker_connections 1024; }
http {
  access_log off; ${paths}
  upstream mock { server 127.0.0.1:${mockPort}; keepalive 128; }
  server {
    listen 127.0.0.1:${port}; keepalive_requests 10000000;
    location / {
      proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; client_body_buffer_size 256k;
    }
  }
}
`,
  )
  const binary = join(folder, 'root/usr/sbin/nginx')
  return { command: [binary, '-p', scratch, '-c', file], way: plainWay }
}

function caddy({ folder, scratch, mockPort }: Place, port: number): Recipe {
  const file = join(scratch, 'Caddyfile')
  const proxy = `reverse_proxy 127.0.0.1:${mockPort} {\n\t\tflush_interval -1\n\t}`
  writeFileSync(
    file,
    `{\n\tadmin off\n\tauto_https off\n}\nhttp://127.0.0.1:${port} {\n\tbind 127.0.0.1\n\t${proxy}\n}\n`,
  )
  return {
    command: [
      join(folder, 'root/usr/bin/caddy'),
      'run',
      '--config',
      file,
      '--adapter',
      'caddyfile',
    ],
    environment: { GOMAXPROCS: '1', HOME: scratch },
    way: plainWay,
  }
}

function portkey({ folder, mockPort }: Place, port: number): Recipe {
  const cwd = join(folder, 'node_modules/@portkey-ai/gateway')
  return {
    command: [process.execPath, 'build/start-server.js', '--headless', `--port=${port}`],
    cwd,
    way: {
      path: () => CHAT,
      model: (delay) => delay,
      headers: (delay) => ({
        authorization: 'Bearer none',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `http://127.0.0.1:${mockPort}/${delay}/v1`,
      }),
    },
  }
}

function litellm({ folder, scratch, mockPort }: Place, port: number): Recipe {
  const model = (name: Delay) =>
    `  - model_name: ${name}
    litellm_params: { model: openai/${name}, api_base: "http://127.0.0.1:${mockPort}/${name}/v1", api_key: none }
`
  const file = join(scratch, 'litellm.yaml')
  writeFileSync(
    file,
    `model_list:\n${model('d0')}${model('d20')}litellm_settings: { telemetry: false, set_verbose: false }\ngeneral_settings: { master_key: ${LITELLM_KEY} }\n`,
  )
  const options = ['--host', '127.0.0.1', '--port', String(port), '--num_workers', '1']
  return {
    command: [
      join(folder, 'venv/bin/litellm'),
      '--config',
      file,
      ...options,
      '--telemetry',
      'False',
    ],
    environment: { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' },
    way: {
      path: () => CHAT,
      model: (delay) => delay,
      headers: () => ({ authorization: `Bearer ${LITELLM_KEY}` }),
    },
  }
}

const STARTERS: Readonly<Partial<Record<PeerName, (place: Place, port: number) => Recipe>>> = {
  ...{ nginx, caddy, portkey, litellm },
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new Error('there is no free port')
  return address.port
}

/** Answers through the mock, or throws with what it said. */
async function untilAnswering(way: Way, mark: string, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS
  let said = 'nothing'
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    try {
      const response = await fetch(way.origin + way.path('d0'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...way.headers('d0') },
        body: JSON.stringify({
          model: way.model('d0'),
          messages: [{ role: 'user', content: 'are you there?' }],
        }),
      })
      said = await response.text()
      if (said.includes(mark)) return
    } catch {
      // It does not listen yet.
    }
    await pause(200)
  }
  throw new Error(`it gave no answer of the mock, but: ${said.slice(0, 200)}`)
}

export async function startPeer(name: PeerName, place: Place, mark: string): Promise<Peer> {
  const start = STARTERS[name]
  if (!start) throw new Error('nobody has written how it is started')
  mkdirSync(place.scratch, { recursive: true })
  const port = await freePort()
  const { command, environment = {}, cwd, way } = start(place, port)
  const [program = '', ...rest] = [...pin(place.core), ...command]
  const log = openSync(join(place.scratch, 'words'), 'w')
  const child = spawn(program, rest, {
    stdio: ['ignore', log, log],
    // A group of its own, so that workers rest and end with it.
    detached: true,
    cwd: cwd ?? place.scratch,
    env: { ...process.env, ...environment },
  })
  const pid = child.pid ?? 0
  const signal = (what: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, what)
  }
  const asked = { ...way, origin: `http://127.0.0.1:${port}` }
  const end = () => {
    signal('SIGCONT')
    signal('SIGKILL')
  }
  try {
    await untilAnswering(asked, mark, child)
  } catch (error) {
    end()
    throw error
  }
  return { ...asked, pid, wake: () => signal('SIGCONT'), rest: () => signal('SIGSTOP'), end }
}
