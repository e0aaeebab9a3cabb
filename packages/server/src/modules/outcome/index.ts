/** Outcomes: which requests were attempts of which task, what became of tasks, and what a success costs. */
export { outcomeRoutes } from './routes.ts'
export { verifyTasks } from './service.ts'
export { deleteOldTasks, insertAttempts as attributeToTasks } from './store.ts'
