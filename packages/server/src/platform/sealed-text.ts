/** Text that is kept in the database and readable only with the installation's pepper. Each purpose has its own key. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export interface Seal {
  readonly pepper: string
  /** What it is kept for; text of one purpose cannot be opened as another. */
  readonly purpose: string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

function keyOf({ pepper, purpose }: Seal): Buffer {
  return Buffer.from(hkdfSync('sha256', pepper, '', purpose, 32))
}

export function sealText(text: string, seal: Seal): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(seal), nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
}

/** Throws when it was changed, or sealed under another pepper or for another purpose. */
export function openText(sealed: string, seal: Seal): string {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', keyOf(seal), bytes.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  const text = bytes.subarray(NONCE_BYTES + TAG_BYTES)
  return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
}
