// Receives Spillway's webhooks with nothing but Node: checks the signature and the time, and handles each message once.
// WEBHOOK_SECRET=whsec_… HOST=0.0.0.0 PORT=8080 node examples/webhook-receiver.js
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const TOLERANCE_S = 5 * 60
const key = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64')
const seen = new Set() // keep it where it lasts, with the work that a message causes

/** What it says, or null when it is not from Spillway, changed, or too old. */
function verify(headers, body) {
  const {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures = '',
  } = headers
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_S)) return null
  const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  const isSigned = signatures.split(' ').some((each) => {
    const [version, text = ''] = each.split(',')
    const given = Buffer.from(text, 'base64')
    return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted)
  })
  return isSigned ? JSON.parse(body) : null
}

const server = createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  const message = verify(request.headers, body)
  if (message === null) return response.writeHead(400).end()
  if (!seen.has(request.headers['webhook-id'])) {
    seen.add(request.headers['webhook-id'])
    if (message.type === 'lease.notice_given')
      console.log(`save your work: ${message.data.leaseId} stops at ${message.data.stopAt}`)
    else console.log(`${message.type} ${message.data.leaseId ?? ''}`)
  }
  response.writeHead(204).end()
})
const { HOST = '127.0.0.1', PORT = '8080' } = process.env
server.listen(Number(PORT), HOST, () => console.log(`listening on ${server.address().port}`))
