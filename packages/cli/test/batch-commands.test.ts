/** Files and batches through the binary. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Batch, StoredFile } from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { Refusal } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { run, folder } = createWorkplace()
const FILE_ID = 'file_06f3k0000000000000000000aa'
const BATCH_ID = 'batch_06f3k0000000000000000000bb'
const OUTPUT_ID = 'file_06f3k0000000000000000000cc'

const FILE: StoredFile = {
  ...{ id: FILE_ID, name: 'questions.jsonl', purpose: 'batch', size: 1234 },
  ...{ createdAt: AT, expiresAt: AT },
}

function batch(changes: Partial<Batch> = {}): Batch {
  return {
    ...{ id: BATCH_ID, state: 'in_progress', endpoint: '/v1/chat/completions', model: 'toy' },
    ...{ inputFileId: FILE_ID, outputFileId: null, errorFileId: null, faults: [] },
    lines: { total: 40, completed: 10, failed: 2 },
    tokens: { input: 1100, cached: 0, output: 700, reasoning: 0 },
    ...{ createdAt: AT, startedAt: AT, endedAt: null, expiresAt: AT },
    ...changes,
  }
}

const OVER = batch({
  ...{ state: 'completed', outputFileId: OUTPUT_ID, endedAt: AT },
  lines: { total: 40, completed: 40, failed: 0 },
})
const json = (document: unknown) => ({
  ...{ status: 200, type: 'application/json', body: JSON.stringify(document) },
})

describe('a batch', () => {
  test('is made of a file that is sent first, and waited for', async () => {
    await writeFile(join(folder(), 'questions.jsonl'), '{"custom_id":"a"}\n')
    const sent: string[] = []
    const bodies: unknown[] = []
    let looks = 0
    const answers = {
      file: (request: string, text: string) => {
        sent.push(request, text)
        return json({ id: FILE_ID })
      },
      getFile: () => FILE,
      createBatch: ({ body }: { readonly body: unknown }) => {
        bodies.push(body)
        return batch({ state: 'validating', lines: { total: 0, completed: 0, failed: 0 } })
      },
      getBatch: () => (++looks < 2 ? batch() : OVER),
    }
    const made = await run(['batch', 'create', 'questions.jsonl', '--wait'], { answers })
    expect(made.stderr).toBe('')
    expect(sent[0]).toBe('POST /v1/files')
    expect(sent[1]).toContain('{"custom_id":"a"}')
    expect(bodies).toEqual([{ inputFileId: FILE_ID, endpoint: '/v1/chat/completions' }])
    expect(made.stdout).toContain(`${BATCH_ID} is completed`)
    expect(made.stdout).toContain('40 of 40 answered, 0 not')
    expect(made.code).toBe(0)
  })

  test('whose file is wrong says in which lines, and is a failure', async () => {
    const faults = [{ code: 'invalid_json_line', message: 'No JSON.', param: null, line: 7 }]
    const answers = { getBatch: () => batch({ state: 'failed', faults, model: null }) }
    const waited = await run(['batch', 'wait', BATCH_ID], { answers })
    expect(waited.stdout).toContain('line 7: No JSON.')
    expect(waited.code).not.toBe(0)
  })

  const over = {
    listBatches: () => page([OVER]),
    getBatch: () => OVER,
    cancelBatch: () => {
      throw new Refusal('batch.over', 'It is completed already.')
    },
    file: () => ({ status: 200, type: 'application/octet-stream', body: '{"answer":1}\n' }),
  }

  test('is over: its answers are written or printed', async () => {
    const answers = over
    const results = await run(['batch', 'results', 'bb', '--out', 'answers.jsonl'], { answers })
    expect(results.stdout).toContain('answers.jsonl is written')
    expect(await readFile(join(folder(), 'answers.jsonl'), 'utf8')).toBe('{"answer":1}\n')
    expect((await run(['batch', 'results', 'bb'], { answers })).stdout).toBe('{"answer":1}\n')
  })

  test('is listed, shown, and not cancelled when it is over', async () => {
    const answers = over
    const listed = await run(['batch', 'list'], { answers })
    expect(listed.stdout).toMatch(/completed +toy +40 +40 +0/)
    const shown = await run(['batch', 'show', 'bb', '--json'], { answers })
    expect(JSON.parse(shown.stdout)).toEqual(OVER)
    const cancelled = await run(['batch', 'cancel', 'bb'], { answers })
    expect(cancelled.stderr).toContain('completed already')
  })
})

test('files are listed and deleted, and what is refused is told', async () => {
  const answers = {
    listFiles: () => page([FILE]),
    deleteFile: () => ({ ok: true as const }),
    file: () => ({
      ...{ status: 404, type: 'application/json' },
      body: JSON.stringify({
        error: { message: 'There is no such file.', code: 'file_not_found' },
      }),
    }),
  }
  const listed = await run(['file', 'list'], { answers })
  expect(listed.stdout).toMatch(/questions\.jsonl +batch +1[^ ]?234/)
  expect((await run(['file', 'delete', 'aa'], { answers })).stdout).toContain(`deleted ${FILE_ID}`)
  const gone = await run(['file', 'download', 'aa'], { answers })
  expect(gone.stderr).toContain('There is no such file.')
  const missing = await run(['file', 'upload', 'nothing.jsonl'], { answers })
  expect(missing.stderr).toContain('There is no file')
})
