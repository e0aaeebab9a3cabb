import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HeldSlots, settleSlots } from './settle-slots.ts'

function has(owner: string, ...slots: number[]): HeldSlots {
  return { owner, slots, standing: 'confirmed' }
}
function meant(owner: string, ...slots: number[]): HeldSlots {
  return { owner, slots, standing: 'meant' }
}
function settle(held: readonly HeldSlots[], said: Readonly<Record<string, number[]>>) {
  const { changed, conflicts } = settleSlots({
    slotCount: 4,
    held,
    said: new Map(Object.entries(said)),
  })
  return { changed: Object.fromEntries(changed), conflicts }
}

test('slots that are as the engine says are not touched', () => {
  expect(settle([has('a', 0, 1)], { a: [1, 0] })).toEqual({ changed: {}, conflicts: [] })
})

test('a lease gets the slots that its engine picked', () => {
  expect(settle([meant('a', 0)], { a: [3] }).changed).toEqual({ a: [3] })
})

test('two that the engine has exchanged are exchanged', () => {
  expect(settle([meant('a', 0), meant('b', 1)], { a: [1], b: [0] })).toEqual({
    changed: { a: [1], b: [0] },
    conflicts: [],
  })
})

test('what has not started gives way to what the engine says, to slots that are free', () => {
  expect(settle([meant('a', 0, 1)], { foreign: [0] })).toEqual({
    changed: { foreign: [0], a: [1, 2] },
    conflicts: [],
  })
})

test('where nothing is free for it, it keeps what it can, and that is a conflict', () => {
  const { changed, conflicts } = settle([has('b', 2, 3), meant('a', 0, 1)], { foreign: [0] })
  expect(changed).toEqual({ foreign: [0], a: [1] })
  expect(conflicts).toEqual([{ owner: 'a', slot: 0, with: 'foreign' }])
})

test('work that is confirmed is never moved by what is said of another: the other waits for its end', () => {
  const { changed, conflicts } = settle([has('a', 0, 1)], { foreign: [1, 2] })
  expect(changed).toEqual({ foreign: [2] })
  expect(conflicts).toEqual([{ owner: 'foreign', slot: 1, with: 'a' }])
})

test('slots that are held for maintenance give way to work that is really there', () => {
  const held: HeldSlots = { owner: 'hold', slots: [0, 1, 2, 3], standing: 'held' }
  expect(settle([held], { foreign: [1] }).changed).toEqual({ foreign: [1], hold: [0, 2, 3] })
  expect(settle([held], { foreign: [0, 1, 2, 3] }).changed).toEqual({
    foreign: [0, 1, 2, 3],
    hold: [],
  })
})

test('kueue#14609 whatever is said, no slot has two owners, nothing confirmed loses one, and what is short is a conflict', () => {
  const owner = fc.constantFrom<string[]>('a', 'b', 'c', 'd')
  const slots = fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 4 })
  const standing = fc.constantFrom('confirmed' as const, 'meant' as const, 'held' as const)
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ owner, slots, standing }), { selector: (each) => each.owner }),
      fc.dictionary(fc.constantFrom('a', 'b', 'x', 'y'), slots),
      (drawn, saidOf) => {
        const seen = new Set<number>()
        const held = drawn.map((each) => ({
          ...each,
          slots: each.slots.filter((slot) => !seen.has(slot) && seen.add(slot)),
        }))
        const said = new Map(Object.entries(saidOf))
        const { changed, conflicts } = settleSlots({ slotCount: 8, held, said })
        const after = new Map(held.map((each) => [each.owner, each.slots as readonly number[]]))
        for (const [who, now] of changed) after.set(who, now)
        const all = [...after.values()].flat()
        expect(new Set(all).size).toBe(all.length)
        for (const each of held)
          if (each.standing === 'confirmed' && !said.has(each.owner))
            expect(after.get(each.owner)).toEqual(each.slots)
        for (const [who, wanted] of said)
          for (const slot of wanted)
            if (!after.get(who)?.includes(slot))
              expect(conflicts.some((each) => each.owner === who && each.slot === slot)).toBe(true)
      },
    ),
  )
})
