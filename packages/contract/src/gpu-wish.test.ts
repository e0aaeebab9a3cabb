import { expect, test } from 'vitest'
import { isAccelerator, parseGpuWish } from './gpu-wish.ts'

test('a number of GPUs, alone or with the accelerator, is read as it is written', () => {
  expect(parseGpuWish(' 8 ')).toEqual({ gpus: 8 })
  expect(parseGpuWish('a100-80gb:16')).toEqual({ gpus: 16, accelerator: 'a100-80gb' })
  for (const text of ['', '0', '-1', '1.5', 'H100', 'H100:', ':8', 'a:b:8', '100001'])
    expect(parseGpuWish(text), text).toBeNull()
})

test('an accelerator is asked for by words of its name', () => {
  expect(isAccelerator('H100', 'NVIDIA H100 80GB HBM3')).toBe(true)
  expect(isAccelerator('h100-80gb', 'NVIDIA H100 80GB HBM3')).toBe(true)
  expect(isAccelerator('H10', 'NVIDIA H100 80GB HBM3')).toBe(false)
  expect(isAccelerator('H200', 'NVIDIA H100 80GB HBM3')).toBe(false)
  expect(isAccelerator('::', 'NVIDIA H100')).toBe(false)
})
