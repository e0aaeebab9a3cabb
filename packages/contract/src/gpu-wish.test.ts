import { expect, test } from 'vitest'
import { parseGpuWish } from './gpu-wish.ts'

test('a number of GPUs, alone or with the accelerator, is read as it is written', () => {
  expect(parseGpuWish(' 8 ')).toEqual({ gpus: 8 })
  expect(parseGpuWish('a100-80gb:16')).toEqual({ gpus: 16, accelerator: 'a100-80gb' })
  for (const text of ['', '0', '-1', '1.5', 'H100', 'H100:', ':8', 'a:b:8', '100001'])
    expect(parseGpuWish(text), text).toBeNull()
})
