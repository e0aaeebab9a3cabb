/** Where Slurm's programs are: daemons live in folders that an ordinary user's PATH often lacks. */
import { findProgram } from '#platform/processes/program-path.ts'

const DAEMON_FOLDERS = '/usr/sbin:/usr/local/sbin:/sbin'

export function programPath(name: string): string | null {
  const path = `${process.env['PATH'] ?? '/usr/bin:/bin'}:${DAEMON_FOLDERS}`
  const found = findProgram(name, { path, directory: '/' })
  return found.kind === 'found' ? found.path : null
}

/** Whether this machine can run a lab. */
export function hasSlurm(): boolean {
  return ['slurmctld', 'slurmd', 'sbatch', 'squeue'].every((name) => programPath(name) !== null)
}
