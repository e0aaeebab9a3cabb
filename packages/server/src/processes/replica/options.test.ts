import { describe, expect, test } from 'vitest'
import { parseOptions } from './options.ts'

const REQUIRED = ['--weights', 'toy.gguf', '--model', 'toy', '--port', '0']
const machine = (cpuCount: number, cpus?: string) => ({
  cpuCount,
  environment: cpus === undefined ? {} : { SPILLWAY_CPUS: cpus },
})

describe('the command line of a replica', () => {
  test('needs weights, a model name and a port, and has a default for the rest', () => {
    expect(parseOptions(REQUIRED, machine(2))).toEqual({
      kind: 'options',
      options: {
        weightsPath: 'toy.gguf',
        modelName: 'toy',
        port: 0,
        portFile: null,
        contextTokens: null,
        parallel: 4,
        waitingMax: 32,
        threads: 1,
        useGpu: false,
        isEmbedding: false,
        graceMs: 5000,
      },
    })
  })

  test.each([
    [['--model', 'toy', '--port', '0'], /--weights is missing/],
    [[...REQUIRED, '--port', '70000'], /--port is 70000; .* from 0 to 65535/],
    [[...REQUIRED, '--context', '12.5'], /--context is 12.5/],
    [[...REQUIRED, '--parallel', '0'], /--parallel is 0/],
    [[...REQUIRED, '--contxt', '9'], /--contxt/],
  ])('says what is wrong with %j', (args, want) => {
    expect(parseOptions(args, machine(2))).toEqual({
      kind: 'invalid',
      text: expect.stringMatching(want),
    })
  })

  test.each([
    ['one on one core', machine(1), 1],
    ['one on two cores, where a second would only wait', machine(2), 1],
    ['one on the single CPU that the lease gives it', machine(64, '17'), 1],
    ['all but one of the CPUs that the lease gives it', machine(64, '8,9,10,11,12,13,14,15'), 7],
    ['all but one core of a large machine', machine(16), 15],
    ['the cores when the lease names no CPUs', machine(4, ''), 3],
  ])('chooses threads: %s', (_, surroundings, want) => {
    const parsed = parseOptions(REQUIRED, surroundings)
    expect(parsed).toMatchObject({ kind: 'options', options: { threads: want } })
  })
})
