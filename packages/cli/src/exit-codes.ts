/** What the exit codes mean. The help prints this table, and scripts may rely on it. */

export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  credential: 4,
  unfinished: 5,
  detached: 130,
} as const

/** Added to the number of the signal that killed a followed command, as shells do. */
export const SIGNAL_BASE = 128

export const EXIT_CODES_TEXT = `Exit codes:
  0    done
  1    refused by the server, or a check failed
  2    wrong usage; nothing was sent
  3    the server cannot be reached
  4    no credential, a wrong one, or one that is not permitted
  130  detached with Ctrl-C; the lease goes on
  With --follow and \`lease logs -f\`: the command's own exit code; 128 + n when signal n killed it;
  5 when the command could not start, or its lease ended first (reclaimed, stopped, lost) without a
  code of failure.`
