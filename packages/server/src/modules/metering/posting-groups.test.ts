/** Cutting what waits into transactions loses nothing, and keeps an organization's events together and in order. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupByOrganization } from './posting-groups.ts'
import type { UsageEvent } from './usage-event.ts'

const events = fc
  .array(fc.constantFrom('org_a', 'org_b', 'org_c', 'org_d'), { maxLength: 60 })
  .map((organizations) =>
    organizations.map((organizationId, index): UsageEvent => {
      const at = new Date(index)
      const names = { projectId: 'prj_a', resource: 'toy', holdId: null }
      return { id: String(index), organizationId, ...names, from: at, to: at, lines: [] }
    }),
  )

test('every event is in exactly one group, in its organization’s order, and no group is too large', () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 10 }), (list, sizeMax) => {
      const groups = groupByOrganization(list, sizeMax)
      expect(groups.every(({ length }) => length > 0 && length <= sizeMax)).toBe(true)
      const ofOne = (all: readonly UsageEvent[], name: string) =>
        all.filter(({ organizationId }) => organizationId === name)
      expect(groups.flat()).toHaveLength(list.length)
      for (const name of ['org_a', 'org_b', 'org_c', 'org_d'])
        expect(ofOne(groups.flat(), name)).toEqual(ofOne(list, name))
    }),
  )
})

test('there are as few groups as the size allows, and each organization is in neighbouring ones', () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 10 }), (list, sizeMax) => {
      const groups = groupByOrganization(list, sizeMax)
      expect(groups).toHaveLength(Math.ceil(list.length / sizeMax))
      const names = groups.flat().map(({ organizationId }) => organizationId)
      expect(names).toEqual(names.toSorted())
    }),
  )
})
