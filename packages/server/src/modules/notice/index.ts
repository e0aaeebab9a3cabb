/** Notices by webhook: endpoints, what they are told, and how it is sent. */
export { type Courier, startCourier } from './courier-service.ts'
export { deleteOldDeliveries } from './delivery-store.ts'
export { noticeRoutes } from './routes.ts'
