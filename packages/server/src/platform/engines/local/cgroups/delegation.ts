/**
 * Version 2 gives controllers to the groups in a folder only where no process is in the folder itself. So the server
 * steps aside into a group of its own, with what started it and what it started; it moves nobody else.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONTROLLERS, SERVER_GROUP } from './hierarchies.ts'
import type { Controller } from './hierarchies.ts'

/** Makes the controllers usable in groups of the folder, and says which there are. Throws where it may not. */
export function delegate(folder: string): readonly Controller[] {
  const there = readWords(join(folder, 'cgroup.controllers'))
  const wanted = CONTROLLERS.filter((name) => there.includes(name))
  const control = join(folder, 'cgroup.subtree_control')
  const given = readWords(control)
  if (wanted.every((name) => given.includes(name))) return wanted
  const words = wanted.map((name) => `+${name}`).join(' ')
  try {
    writeFileSync(control, words)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
    stepAside(folder)
    writeFileSync(control, words)
  }
  return wanted
}

function stepAside(folder: string): void {
  const pids = readWords(join(folder, 'cgroup.procs')).map(Number)
  if (!isOneFamily(pids, parentOf, process.pid))
    throw new Error(`${folder} has other processes than Spillway in it, so it cannot be divided`)
  const aside = join(folder, SERVER_GROUP)
  if (!existsSync(aside)) mkdirSync(aside)
  for (const pid of pids) move(pid, aside)
}

function move(pid: number, group: string): void {
  try {
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
  } catch (error) {
    // It has ended since.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether each of them is the process itself, or started it, or was started by it, over any number of steps. */
export function isOneFamily(
  pids: readonly number[],
  findParent: (pid: number) => number | null,
  self: number,
): boolean {
  const lineOf = (pid: number): readonly number[] => {
    const line = [pid]
    for (let parent = findParent(pid); parent; parent = findParent(parent)) {
      if (line.includes(parent)) break
      line.push(parent)
    }
    return line
  }
  const own = lineOf(self)
  return pids.every((pid) => own.includes(pid) || lineOf(pid).includes(self))
}

function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) || null
  } catch {
    // It has ended, or is not in sight.
    return null
  }
}

function readWords(path: string): readonly string[] {
  return readFileSync(path, 'utf8').split(/\s+/).filter(Boolean)
}
