/** Names are looked up and judged at every connection, not once. */
import { expect, test } from 'vitest'
import { checkedLookup } from './connection.ts'

function look(scheme: string, isPrivateAllowed: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    checkedLookup(scheme, { isPrivateAllowed })('localhost', { all: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    )
  })
}

test('a name that means this machine is connected to only where private networks may be', async () => {
  await expect(look('https:', false)).rejects.toThrow(/not an address on the public internet/)
  const addresses = (await look('http:', true)) as readonly { readonly address: string }[]
  expect(addresses.length).toBeGreaterThan(0)
  expect(addresses.every(({ address }) => /^(127\.|::1$)/.test(address))).toBe(true)
})
