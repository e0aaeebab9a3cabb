/** The request log: what became of each request for an answer, as metadata alone. */
export { keepBatch, keepNotes } from './keep-service.ts'
export { plainText, type RequestLine, renderLine } from './log-line.ts'
export { requestRoutes } from './routes.ts'
export { deleteOldRequests } from './store.ts'
export { type WaitingBounds, WaitingLines } from './waiting-lines.ts'
