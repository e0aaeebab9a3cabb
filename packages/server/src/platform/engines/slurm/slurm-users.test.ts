/** Organizations with Unix users and Slurm accounts of their own: needs root, as Spillway itself does for it. */
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import type { Admission } from '#platform/engines/engine.ts'
import { checkHealth } from '#platform/engines/health-check.ts'
import {
  admissionOf,
  newAttempt,
  readLog,
  script,
  untilGone,
  untilLogged,
} from '#platform/engines/testing/bench.ts'
import { attach, type } from '#platform/engines/testing/terminal-line.ts'
import { until } from '#platform/engines/testing/until.ts'
import { requirement } from '../../../../test/harness/requirement.ts'
import { type SlurmLab, startSlurmLab } from '../../../../test/slurm-lab/lab.ts'
import { hasSlurm } from '../../../../test/slurm-lab/programs.ts'
import { jobPaths } from './job-folder.ts'
import { makeSlurmBench, type SlurmBench } from './testing/slurm-bench.ts'

const PATIENCE_MS = 100_000
/** An ordinary user that every machine has, and another. */
const USERS = { org_1: 'nobody', org_2: 'daemon' }
const isRoot = process.getuid?.() === 0

describe.runIf(requirement('slurm', hasSlurm()) && isRoot)('organizations on a real Slurm', () => {
  let started: SlurmLab | null = null
  let made: SlurmBench | null = null
  const lab = () => present(started, 'the lab')
  const bench = () => present(made, 'the bench')
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spillway-lab-'))
    chmodSync(directory, 0o755)
    started = await startSlurmLab({ directory, nodes: 1, gpusPerNode: 4 })
  })
  afterAll(() => started?.dispose())
  beforeEach(async () => {
    made = await makeSlurmBench(lab(), { users: USERS, accountPerOrganization: true })
  })
  afterEach(() => made?.dispose())

  async function run(organizationId: string, changes: Partial<Admission>): Promise<string> {
    const { attemptId, leaseId } = newAttempt()
    const whose = { attemptId, leaseId, organizationId, tenant: 'customer' } as const
    const admission = admissionOf(bench(), { ...whose, ...changes })
    await bench().engine.admit(admission)
    return admission.attemptId
  }

  const sh = (source: string) => ({ command: ['sh', '-c', source] })

  test(
    'each runs as its own user, on its own account, and sees nothing of another’s',
    async () => {
      const first = await run('org_1', {
        ...sh('id -un; echo mine > "$SPILLWAY_ARTIFACTS_DIR/kept"; exec sleep 600'),
        secretEnvironment: { WORD: 'hidden' },
      })
      await untilLogged(bench().engine, 'nobody', first)
      const account = async () =>
        (await lab().run('squeue', '-h', `--name=spillway-${first}`, '-o', '%a %u')).trim()
      expect(await account()).toBe('spillway_org_1 nobody')
      const { job, own, task, artifacts } = jobPaths(bench().directory, first)
      const look = [
        ...[job, own].map((path) => `ls ${path} || echo closed`),
        ...[task, join(artifacts, 'kept')].map((path) => `cat ${path} || echo closed`),
      ]
      const second = await run('org_2', sh(`id -un; ${look.join('; ')}`))
      expect(await untilGone(bench().engine, second)).toMatchObject({ exitCode: 0 })
      const log = await readLog(bench().engine, second)
      expect(log).toMatch(/^daemon/)
      expect(log.match(/^closed$/gm)).toHaveLength(look.length)
      expect(log).not.toContain('mine')
      const delivery = { action: 'terminate', time: '2026-11-20T20:00:00Z', signal: null } as const
      expect(await bench().engine.notify(first, delivery)).toMatchObject({ document: true })
      await bench().engine.stop(first, 0)
      expect((await untilGone(bench().engine, first)).how).toBe('exited')
    },
    PATIENCE_MS,
  )

  test(
    'services, terminals and files are there for a user of its own too',
    async () => {
      const source = `require('http').createServer((_, answer) => answer.end('ok'))
        .listen(Number(process.env.SPILLWAY_PORT), '127.0.0.1')`
      const service = { port: 0, basePath: '/' }
      const serving = await run('org_1', { command: script(source), service })
      const address = await until('it has an address', () => bench().engine.address(serving))
      const check = { path: '/', timeoutMs: 5000 }
      expect(await checkHealth(address, check)).toMatchObject({ isHealthy: true })
      const terminal = { ...service, terminal: { idleLimitMs: null } }
      const shell = await run('org_2', { command: ['sh'], service: terminal })
      const door = await until('it has an address', () => bench().engine.address(shell))
      const attached = present(await attach(door, door.token), 'a terminal')
      type(attached, 'echo "as $(id -un)."')
      await until('it has answered', () => attached.text().includes('as daemon.'))
      const inputs = [{ path: 'in', url: 'data:,hello' }]
      const carried = await run('org_1', { ...sh('cat in'), inputs })
      expect(await untilGone(bench().engine, carried)).toMatchObject({ exitCode: 0 })
      expect(await readLog(bench().engine, carried)).toContain('hello')
    },
    PATIENCE_MS,
  )

  test(
    'links, pipes and lies in the place of its files win a user nothing of what root can read or write',
    async () => {
      const secret = join(bench().directory, 'secret')
      writeFileSync(secret, '{"phase":"running","text":"the secret"}\n', { mode: 0o600 })
      const lies = [
        'cd "$(dirname "$SPILLWAY_NOTICE_FILE")/.." || exit 9',
        ...['log', 'notice.json', 'stop.json', 'task.json', 'work'].map(
          (name) =>
            `rm -rf ${name}; mv ${name} aside; ln -sfn ${secret} ${name}; ln -s ${secret} ${name}.x`,
        ),
        `cd own && for name in *; do rm -rf "$name"; ln -s ${secret} "$name"; done`,
        'rm -f end.json; mkfifo end.json; rm -f beat-0; mkfifo beat-0',
        `rm -rf "$SPILLWAY_ARTIFACTS_DIR"; ln -s ${bench().directory} "$SPILLWAY_ARTIFACTS_DIR"`,
        'echo tried; exec sleep 600',
      ]
      const attemptId = await run('org_1', sh(`(${lies.join('\n')}) 2>&1`))
      await untilLogged(bench().engine, 'tried', attemptId)
      const { state } = await bench().engine.observe(attemptId)
      expect(['starting', 'running']).toContain(state)
      expect(await readLog(bench().engine, attemptId)).not.toContain('the secret')
      await bench().engine.warn(attemptId, { time: '2026-11-20T20:00:00Z' })
      await bench().engine.stop(attemptId, 0)
      await untilGone(bench().engine, attemptId)
      const next = newAttempt().attemptId
      const after = { attemptId: next, previousAttemptId: attemptId }
      await run('org_1', { ...sh('ls "$SPILLWAY_ARTIFACTS_DIR" | wc -l'), ...after })
      await untilGone(bench().engine, next)
      expect(await readLog(bench().engine, next)).toBe('0\n')
      expect(readFileSync(secret, 'utf8')).toContain('the secret')
      for (const path of [secret, bench().directory]) expect(statSync(path).uid).toBe(0)
    },
    PATIENCE_MS,
  )

  test('an organization without a user does not run as Spillway, and is told', async () => {
    const third = await run('org_3', sh('echo never'))
    const text = expect.stringMatching(/no Unix user on this cluster/)
    expect(await untilGone(bench().engine, third)).toMatchObject({ how: 'start_failed', text })
  })
})
