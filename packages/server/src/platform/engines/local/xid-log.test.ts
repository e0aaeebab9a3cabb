/** What the kernel's log says of GPUs, in the forms in which the driver has written it. */
import { expect, test } from 'vitest'
import { NO_XIDS, busPlace, readXids } from './xid-log.ts'

const FALLEN = `[  269.516977] NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.`
const LOADED = `[   12.100000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build`
const read = (lines: readonly string[], before = NO_XIDS) => readXids(lines.join('\n'), before)

test('a GPU that the driver gave up on is found by its place on the bus', () => {
  const { byBus } = read([LOADED, FALLEN])
  expect([...byBus]).toEqual([
    ['0000:3b:00', { text: 'Xid 79: it has fallen off the bus', seconds: 269.516977 }],
  ])
  expect(byBus.has(busPlace('00000000:3B:00.0'))).toBe(true)
})

test('what a program did wrong says nothing of its GPU', () => {
  const faults = [
    `[  9.1] NVRM: Xid (PCI:0000:06:00): 31, pid=4711, name=python3, Ch 00000009, intr 10000000`,
    `[  9.2] NVRM: Xid (0000:01:00): 13, 0005 00000000 0000502d 00000104 00000000 00000100`,
    `[  9.3] NVRM: Xid (PCI:0000:06:00): 43, pid=4711, name=python3, Ch 00000009`,
    `[  9.4] NVRM: Xid (PCI:0000:06:00): 94, pid=4711, name=python3, Contained: CE User Channel`,
  ]
  expect(read(faults).byBus.size).toBe(0)
})

test('the next start of the driver takes back what was before it, and nothing else does', () => {
  const record = read([LOADED, FALLEN])
  // Its lines have left the log since.
  expect(read(['[ 300.0] usb 1-1: new device'], record)).toEqual(record)
  expect(read([], record)).toEqual(record)
  const again = LOADED.replace('12.1', '500.1')
  expect(read([LOADED, FALLEN, again], record).byBus.size).toBe(0)
  expect(read([FALLEN, again, FALLEN.replace('269', '600')], record).byBus.size).toBe(1)
})

test('a log without times still tells what there is, and says that it does not know when', () => {
  const bare = FALLEN.replace(/^\[[^\]]*\] /, '')
  expect([...read([bare]).byBus.values()]).toMatchObject([{ seconds: null }])
})
