/** Spillway on a real Slurm: the owner's people use `sbatch` as they always did, and what was sold gives way to them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type Lease, servicePath } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'
import { requirement } from './harness/requirement.ts'
import { renderFleet } from './slurm-lab/fleet.ts'
import { type SlurmLab, startSlurmLab } from './slurm-lab/lab.ts'
import { hasSlurm } from './slurm-lab/programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-slurm-'))
const TELLING = ['sh', '-c', 'trap "echo noticed" USR1; echo up; while :; do sleep 0.1; done']
const SERVE = `require('node:http').createServer((asked, answer) => answer.end(asked.url + ' ' + process.pid))
  .listen(Number(process.env.SPILLWAY_PORT), '127.0.0.1')`
const PATIENCE_MS = 90_000

function until(client: Client, id: string, state: Lease['state']): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await client.getLease({ params: { id } })
      return lease.state === state ? lease : null
    },
    { timeoutMs: 40_000, what: `${id} is ${state}` },
  )
}

describe.runIf(requirement('slurm', hasSlurm()))('Spillway on a real Slurm', () => {
  let lab: SlurmLab | null = null
  let installation: TestInstallation | null = null
  beforeAll(async () => {
    const shape = { nodes: 2, gpusPerNode: 4, graceSeconds: 5 }
    lab = await startSlurmLab({ directory: join(folder, 'lab'), ...shape })
    const fleet = join(folder, 'fleet.yaml')
    writeFileSync(fleet, renderFleet(lab))
    installation = await startInstallation({ environment: { SPILLWAY_FLEET: fleet } })
  }, PATIENCE_MS)
  afterAll(async () => {
    await installation?.stop()
    await lab?.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  test(
    'a spot lease gives way to an sbatch of the owner: noticed, confirmed gone, and billed to its end',
    async () => {
      const { url, demoApiKey } = present(installation, 'the installation')
      const buyer = createClient({ url, credential: demoApiKey })
      const cluster = present(lab, 'the lab')
      // given
      const { id } = await buyer.createLease({
        body: { command: TELLING, gpus: 8, nodes: 2, tier: 'spot', noticeSignal: 'SIGUSR1' },
      })
      await until(buyer, id, 'running')
      // when
      const words = ['--account=anchor', '--nodes=2', '--gpus-per-node=4', '--output=/dev/null']
      const job = (await cluster.run('sbatch', '--parsable', ...words, '--wrap=sleep 600')).trim()
      // then
      const ended = await until(buyer, id, 'ended')
      expect(ended.endReason).toBe('reclaimed')
      const attempts = join(cluster.plan.directory, 'work/attempts')
      const logs = readdirSync(attempts).map((name) =>
        readFileSync(join(attempts, name, 'job/log')),
      )
      expect(logs.join('')).toContain('noticed')
      expect(Number(ended.chargedUsd)).toBeGreaterThan(0)
      await untilTrue(
        async () => (await cluster.run('squeue', '-h', '-j', job, '-o', '%T')).trim() === 'RUNNING',
        { timeoutMs: 40_000, what: 'the owner has the GPUs' },
      )
      expect((await buyer.getLease({ params: { id } })).chargedUsd).toBe(ended.chargedUsd)
      await cluster.run('scancel', job)
    },
    PATIENCE_MS,
  )

  test(
    'a service on a node is healthy, reached by its organization alone, and outlives a kill -9 of the server',
    async () => {
      const first = present(installation, 'the installation')
      const buyer = createClient({ url: first.url, credential: first.demoApiKey })
      // given
      const { id } = await buyer.createLease({
        body: {
          command: [process.execPath, '-e', SERVE],
          gpus: 1,
          tier: 'on_demand',
          mode: 'service',
          service: { health: { path: '/health', intervalMs: 1000 } },
          graceMs: 0,
        },
      })
      await untilTrue(
        async () => (await buyer.getLease({ params: { id } })).service?.state === 'healthy',
        { timeoutMs: 40_000, what: 'the service is healthy' },
      )
      const ask = async (base: string, path: string, key: string) => {
        const headers = key === '' ? {} : { authorization: `Bearer ${key}` }
        const answer = await fetch(`${base}${servicePath(id)}${path}`, { headers })
        return [answer.status, await answer.text()] as const
      }
      const [, pid] = await ask(first.url, 'where', first.demoApiKey)
      expect(pid).toMatch(/^\/where \d+$/)
      expect((await ask(first.url, 'where', ''))[0]).toBe(401)
      // when
      await first.kill()
      const { dataDir } = first
      const environment = { SPILLWAY_FLEET: join(folder, 'fleet.yaml') }
      const second = await startInstallation({ dataDir, environment })
      installation = second
      // then
      await untilTrue(async () => (await ask(second.url, 'where', first.demoApiKey))[1] === pid, {
        timeoutMs: 40_000,
        what: 'the same process answers',
      })
      const again = createClient({ url: second.url, credential: first.demoApiKey })
      await again.stopLease({ params: { id } })
      await until(again, id, 'ended')
      expect((await ask(second.url, 'where', first.demoApiKey))[0]).not.toBe(200)
    },
    PATIENCE_MS,
  )

  test(
    'a shell on a node is a shell on a node: its GPUs are Slurm’s, and its end is the lease’s',
    async () => {
      const { url, demoApiKey, dataDir } = present(installation, 'the installation')
      const cli = join(import.meta.dirname, '../../cli/src/main.ts')
      const words = [cli, 'lease', 'shell', '--gpus', '2']
      const child = spawn(process.execPath, words, {
        cwd: dataDir,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: dataDir,
          SPILLWAY_URL: url,
          SPILLWAY_API_KEY: demoApiKey,
        },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let [out, said] = ['', '']
      child.stdout.on('data', (piece: Buffer) => (out += piece.toString()))
      child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
      child.stdin.end('echo "on $SLURMD_NODENAME with $CUDA_VISIBLE_DEVICES"; exit 5\n')
      const [code] = (await once(child, 'close')) as [number]
      expect(`${out}${code}`, said).toMatch(/on gpu[12] with \d,\d\s+5$/)
    },
    PATIENCE_MS,
  )
})
