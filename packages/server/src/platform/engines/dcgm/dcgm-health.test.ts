/** What `dcgmi health --check --json` prints, in the boxes in which it prints it, and which slots are then not sold. */
import { expect, test } from 'vitest'
import { slotsOf } from './dcgm-finding.ts'
import { readDcgmCards, readDcgmHealth } from './dcgm-health.ts'

const HEALTHY = `{
   "body" : {
      "Overall Health" : {
         "value" : "Healthy"
      }
   },
   "header" : [ "Health Monitor Report" ]
}
`

/** Two systems of one GPU, one of another, and a switch. */
const SICK = `{
   "body" : {
      "GPU" : {
         "children" : {
            "0" : {
               "children" : {
                  "Errors" : {
                     "children" : {
                        "PCIe system" : {
                           "overflow" : [ "Detected more than 8 PCIe replays per minute for GPU 0 : 13", "Reconnect PCIe card." ],
                           "value" : "Warning"
                        }
                     }
                  }
               },
               "value" : "Warning"
            },
            "3" : {
               "children" : {
                  "Errors" : {
                     "children" : {
                        "Memory system" : { "overflow" : [ "A DBE has occurred." ], "value" : "Failure" },
                        "InfoROM system" : { "value" : "Warning" }
                     }
                  }
               },
               "value" : "Failure"
            }
         }
      },
      "Switch" : {
         "children" : {
            "1" : {
               "children" : { "Errors" : { "children" : { "NVLINK system" : { "value" : "Warning" } } } },
               "value" : "Warning"
            }
         }
      },
      "Overall Health" : { "value" : "Failure" }
   },
   "header" : [ "Health Monitor Report" ]
}`

const whole = (slotCount = 4) => ({
  slotCount,
  slotOfGpu: (id: number) => (id < slotCount ? id : null),
  from: 'warning' as const,
})

test('nothing is found where DCGM says that all is healthy', () => {
  expect(readDcgmHealth(HEALTHY)).toEqual({ kind: 'read', findings: [] })
})

test('words around the JSON, and keys that are not known, do no harm', () => {
  const around = `Warning: the driver is older\n${HEALTHY.replace('"header"', '"metadata": {"a": 1}, "header"')}\n`
  expect(readDcgmHealth(around)).toEqual({ kind: 'read', findings: [] })
})

test('what is against a GPU is a fault of its slot, and a warning of what all share is none', () => {
  const reading = readDcgmHealth(SICK)
  if (reading.kind !== 'read') throw new Error(reading.why)
  expect(slotsOf(reading.findings, whole())).toEqual({
    kind: 'slots',
    faults: [
      {
        slot: 0,
        reason:
          'DCGM: PCIe system: Detected more than 8 PCIe replays per minute for GPU 0 : 13 Reconnect PCIe card.',
      },
      { slot: 3, reason: 'DCGM: Memory system: A DBE has occurred.; InfoROM system: Warning' },
    ],
  })
})

test('a failure of what all GPUs need is a fault of every slot', () => {
  const reading = readDcgmHealth(SICK.replaceAll('"value" : "Warning"', '"value" : "Failure"'))
  if (reading.kind !== 'read') throw new Error(reading.why)
  const slots = slotsOf(reading.findings, whole())
  expect(slots).toMatchObject({ faults: [{ slot: 0 }, { slot: 1 }, { slot: 2 }, { slot: 3 }] })
  expect(JSON.stringify(slots)).toContain('Switch 1, which it needs')
})

test.each([
  ['nothing', '', /printed nothing/],
  [
    'a complaint',
    'Error: Health watches not enabled. Please enable watches. \n',
    /no JSON but “Error: Health watches not enabled/,
  ],
  ['half an answer', SICK.slice(0, 400), /no JSON/],
  ['other JSON', '{"body": []}', /another form/],
  ['no word on the whole', '{"body": {"GPU": {"children": {}}}}', /another form: body.Overall/],
  ['a word that means nothing', HEALTHY.replace('Healthy', 'Internal error'), /Internal error/],
  [
    'a GPU of which nothing is known',
    SICK.replace('"value" : "Failure"\n', '"value" : "Odd"\n'),
    /Odd/,
  ],
  ['a warning of nothing', HEALTHY.replace('Healthy', 'Warning'), /of no part/],
])('%s is no reading: neither healthy nor broken', (_, printed, why) => {
  expect(readDcgmHealth(printed)).toMatchObject({
    kind: 'unread',
    why: expect.stringMatching(why) as string,
  })
})

test('a GPU that is no slot, and a part of a GPU, make the reading worthless', () => {
  const of = (group: string, id: number) =>
    slotsOf([{ part: { group, id }, gravity: 'failure', text: 'x' }], whole(2))
  expect(of('GPU', 5)).toEqual({ kind: 'unread', why: 'it names GPU 5, which is no slot here' })
  expect(of('GPU_I', 0)).toMatchObject({ kind: 'unread' })
})

test('which card a number is, DCGM’s own table tells', () => {
  const table = `2 GPUs found.
+--------+----------------------------------------------------------------------+
| GPU ID | Device Information                                                   |
+--------+----------------------------------------------------------------------+
| 0      | Name: NVIDIA H800                                                    |
|        | PCI Bus ID: 00000000:18:00.0                                         |
|        | Device UUID: GPU-34bf77d1-c686-6821-79a8-32d326c5039c                |
+--------+----------------------------------------------------------------------+
| 1      | Name: NVIDIA H800                                                    |
|        | PCI Bus ID: 00000000:3E:00.0                                         |
|        | Device UUID: GPU-f5046fa5-3db4-45e8-870a-dc1376becaa5                |
+--------+----------------------------------------------------------------------+
0 NvSwitches found.
+-----------+
| Switch ID |
+-----------+
`
  expect([...readDcgmCards(table)]).toEqual([
    [0, 'GPU-34bf77d1-c686-6821-79a8-32d326c5039c'],
    [1, 'GPU-f5046fa5-3db4-45e8-870a-dc1376becaa5'],
  ])
  expect(readDcgmCards('Error: unable to connect').size).toBe(0)
})
