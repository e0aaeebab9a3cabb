/** Which exit code a followed lease gives the caller. Pure. */
import type { Lease } from '@spillway/contract'
import { EXIT, SIGNAL_BASE } from '../exit-codes.ts'

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
}

/**
 * The command's own exit code. A lease that ended before its command did never gives 0, even when the command obeyed
 * and left with 0: what should have run has not run.
 */
export function outcomeOf(lease: Lease): number {
  if (lease.exitCode !== null && lease.exitCode > 0) return lease.exitCode
  if (lease.exitSignal !== null) return SIGNAL_BASE + (SIGNAL_NUMBERS[lease.exitSignal] ?? 0)
  return lease.endReason === 'exited' && lease.exitCode === 0 ? EXIT.ok : EXIT.unfinished
}
