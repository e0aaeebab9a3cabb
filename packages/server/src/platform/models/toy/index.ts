/** The toy: a model made by counting the project's own texts, so that a fresh installation has something to serve. */
export { TOY_NAME } from './metadata.ts'
export { ensureToyModel, type Toy, type ToyFolders } from './toy.ts'
