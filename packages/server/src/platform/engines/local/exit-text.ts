/** How an attempt ended, in words for people. Pure. */
import type { Exit } from './attempt-folder.ts'
import { renderBytes } from './cgroups/limit-files.ts'

export function describeExit({ exitCode, exitSignal }: Exit, wasStopped: boolean): string {
  const how = exitSignal === null ? `exited with code ${exitCode}` : `ended by ${exitSignal}`
  return wasStopped ? `stopped: ${how}` : how
}

/** The text of one in which the kernel ended a process because the memory of its group was used up. */
export function describeMemoryEnd(exit: Exit, text: string, memoryBytesMax: number): string {
  const why = `it used more memory than its limit of ${renderBytes(memoryBytesMax)}`
  return exit.exitSignal === 'SIGKILL'
    ? `killed: ${why}`
    : `${text}; a part of it was killed, because ${why}`
}

/** The text of an attempt whose witness died too. */
export function describeLoss(why: 'reboot' | 'shim_lost' | 'start_lost'): string {
  if (why === 'reboot')
    return 'the machine restarted; counted to the last instant it was seen alive'
  if (why === 'start_lost') return 'the process that watches it was ended while starting it'
  return 'the process that watches it was ended, then its processes; counted to the last instant they were seen alive'
}
