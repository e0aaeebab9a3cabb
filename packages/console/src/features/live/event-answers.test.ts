import { API } from '@spillway/contract'
import { expect, test } from 'vitest'
import { staleAnswers } from './event-answers.ts'

test('a lease event refreshes lists, the lease itself, its timeline, the slots and the balance', () => {
  expect(staleAnswers('lease.started')).toEqual(
    expect.arrayContaining(['listLeases', 'getLease', 'listLeaseFacts', 'listSlots', 'getBalance']),
  )
})

test('the words of an event after the noun do not matter', () => {
  expect(staleAnswers('credit.granted')).toEqual(staleAnswers('credit.anything.else'))
})

test('an event of a noun that this console does not know refreshes nothing', () => {
  expect(staleAnswers('weather.changed')).toEqual([])
  expect(staleAnswers('')).toEqual([])
  expect(staleAnswers('constructor.called')).toEqual([])
})

test('no event re-reads what the audit log records as a sensitive read', () => {
  const sensitive = Object.entries(API).filter(
    ([, endpoint]) => endpoint.audit === 'sensitive_read',
  )
  const nouns = ['lease', 'claim', 'balance', 'charge', 'credit', 'model', 'organization', 'node']
  const refreshed = new Set<string>(nouns.flatMap((noun) => staleAnswers(`${noun}.changed`)))
  expect(sensitive.map(([name]) => name).filter((name) => refreshed.has(name))).toEqual([])
})
