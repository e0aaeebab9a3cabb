/** Files of an attempt: fetched before its command, sent after it, kept for the next attempt, and never too many. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Admission } from '#platform/engines/engine.ts'
import { newAttempt, readLog, type Suite, untilGone, where } from './bench.ts'

const sh = (source: string): Pick<Admission, 'command'> => ({ command: ['sh', '-c', source] })

/** Somewhere to fetch from and to send to. */
function openStore(sent: Map<string, string>): Server {
  return createServer((request, response) => {
    const path = request.url ?? ''
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        sent.set(path, Buffer.concat(chunks).toString())
        response.writeHead(path === '/refused' ? 403 : 200).end()
      })
    } else if (path === '/set') response.end('the set')
    else response.writeHead(404).end()
  })
}

export const filesConformance: Suite = (stage, can) => {
  where(can.carriesFiles, () => {
    describe('files', () => {
      let store: Server
      let url: string
      const sent = new Map<string, string>()
      beforeEach(async () => {
        sent.clear()
        store = openStore(sent)
        await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve))
        const address = store.address()
        url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
      })
      afterEach(() => void store.close())

      const gone = (attemptId = stage().it.attemptId) => untilGone(stage().bench.engine, attemptId)

      test('inputs are there before the command starts, and outputs are sent when it has ended', async () => {
        const sha256 = createHash('sha256').update('the set').digest('hex')
        await stage().run({
          ...sh(
            'test "$(cat data/set)" = "the set" && test -z "$SPILLWAY_TRANSFERS" && echo out > made',
          ),
          inputs: [
            { path: 'data/set', url: `${url}/set`, sha256 },
            { path: 'small', url: 'data:,hello' },
          ],
          outputs: [{ path: 'made', url: `${url}/made?signature=1` }],
        })
        expect(await gone()).toMatchObject({ how: 'exited', exitCode: 0 })
        expect(sent.get('/made?signature=1')).toBe('out\n')
      })

      test.each([
        ['is not there', { path: 'x', url: '/none' }, /input x cannot be fetched: 404/],
        [
          'is another',
          { path: 'x', url: '/set', sha256: '0'.repeat(64) },
          /its sha256 is [0-9a-f]{64}/,
        ],
      ])('an input that %s is a failure to start, told in words', async (_how, input, text) => {
        const { bench, it, run } = stage()
        await run({ ...sh('echo never'), inputs: [{ ...input, url: url + input.url }] })
        expect(await gone()).toMatchObject({
          how: 'start_failed',
          text: expect.stringMatching(text),
        })
        expect(await readLog(bench.engine, it.attemptId)).not.toContain('never')
      })

      test('an output that cannot be sent makes a failure of what went well', async () => {
        const outputs = [{ path: 'made', url: `${url}/refused` }]
        await stage().run({ ...sh('echo out > made'), outputs })
        const text = expect.stringMatching(/made .* 403/)
        expect(await gone()).toMatchObject({ exitCode: 124, text })
      })

      test('a command that is carried ends as it would alone', async () => {
        const { run } = stage()
        const inputs = [{ path: 'x', url: 'data:,x' }]
        await run({ ...sh('exit 7'), inputs })
        expect(await gone()).toMatchObject({ exitCode: 7 })
        const [killed, missing] = [newAttempt(), newAttempt()]
        await run({ ...killed, ...sh('kill -KILL $$'), inputs })
        expect(await gone(killed.attemptId)).toMatchObject({ exitSignal: 'SIGKILL' })
        await run({ ...missing, inputs, command: ['no-such-thing'] })
        const text = 'no-such-thing: command not found'
        expect(await gone(missing.attemptId)).toMatchObject({ how: 'start_failed', text })
      })

      test('the next attempt finds what the one before left in the artifacts folder', async () => {
        const { bench, it, run } = stage()
        await run(sh('echo 41 > "$SPILLWAY_ARTIFACTS_DIR/checkpoint"'))
        await gone()
        await bench.engine.forget(it.attemptId)
        const second = newAttempt().attemptId
        const look = sh('test "$(cat "$SPILLWAY_ARTIFACTS_DIR/checkpoint")" = 41')
        await run({ ...look, attemptId: second, previousAttemptId: it.attemptId })
        expect(await gone(second)).toMatchObject({ exitCode: 0 })
        expect(await bench.engine.artifacts(it.attemptId)).toBeNull()
        const { path = '' } = (await bench.engine.artifacts(second)) ?? {}
        expect(readFileSync(join(path, 'checkpoint'), 'utf8')).toBe('41\n')
        await bench.engine.forget(second)
        await bench.engine.discard(second)
        await bench.engine.discard(second)
        expect(existsSync(path)).toBe(false)
      })

      where(can.hasGangs, () => {
        test('the first node of a gang carries for all of it', async () => {
          const { bench, it, run } = stage()
          const placements = bench.nodes.slice(0, 2).map((node) => ({ node, slots: [0] }))
          const source =
            'read -r said < set; echo "$SPILLWAY_NODE_RANK has $said" > made-$SPILLWAY_NODE_RANK'
          await run({
            ...sh(`${source}; echo "transfers:$SPILLWAY_TRANSFERS."`),
            placements,
            inputs: [{ path: 'set', url: 'data:,all%0A' }],
            outputs: [{ path: 'made-0', url: `${url}/made` }],
          })
          expect(await gone()).toMatchObject({ how: 'exited', exitCode: 0 })
          expect(sent.get('/made')).toBe('0 has all\n')
          const log = await readLog(bench.engine, it.attemptId)
          expect(log.match(/transfers:\./g)).toHaveLength(2)
        })

        test('an input that does not come ends a gang before any of it begins', async () => {
          const { bench, it, run } = stage()
          const placements = bench.nodes.slice(0, 2).map((node) => ({ node, slots: [0] }))
          const inputs = [{ path: 'x', url: `${url}/none` }]
          await run({ ...sh('echo never'), placements, inputs })
          const text = expect.stringMatching(/input x cannot be fetched: 404/)
          expect(await gone()).toMatchObject({ how: 'start_failed', text })
          expect(await readLog(bench.engine, it.attemptId)).not.toContain('never')
        })
      })

      test('a lease that fills its artifacts folder is ended, and is told why', async () => {
        const fill = sh('head -c 3000000 /dev/zero > "$SPILLWAY_ARTIFACTS_DIR/big"; sleep 1000')
        await stage().run({ ...fill, artifactsBytesMax: 2_000_000 })
        const text = expect.stringMatching(
          /artifacts folder holds more than the 1\.9 MiB that it may/,
        )
        expect(await gone()).toMatchObject({ how: 'exited', exitSignal: 'SIGTERM', text })
      })
    })
  })
}
