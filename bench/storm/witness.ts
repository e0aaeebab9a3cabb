/**
 * A command that bears witness: while it runs it writes the time, the node and its slots, ten times a second, to a file
 * of its own that nobody of ours writes to. What the book and the bill say is held against it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Presence } from './proof.ts'

/** Bash, because its clock is built in: nothing is started while it bears witness. */
function script(folder: string, lifeMs: number): string {
  return `attempt=\${SPILLWAY_ATTEMPT_ID:-job-$SLURM_JOB_ID}
node=\${SPILLWAY_NODE:-$SLURMD_NODENAME}
slots=\${CUDA_VISIBLE_DEVICES:-$SPILLWAY_SLOTS}
exec 4<> <(:)
exec 3>>"${folder}/$attempt.$node.$$"
echo "$attempt $node $slots" >&3
end=$(( \${EPOCHREALTIME/[.,]/} / 1000 + ${lifeMs} ))
while :; do
  now=$(( \${EPOCHREALTIME/[.,]/} / 1000 ))
  echo "$now" >&3
  [ "$now" -ge "$end" ] && exit 0
  read -r -t 0.1 -u 4 || :
done`
}

export function witnessCommand(folder: string, lifeMs: number): string[] {
  return ['bash', '-c', script(folder, lifeMs)]
}

function presencesOf(text: string): Presence[] {
  const [head = '', ...lines] = text.split('\n')
  const [attempt = '', node = '', slots = ''] = head.split(' ')
  const instants = lines.map(Number).filter((instant) => instant > 0)
  const fromMs = instants[0]
  const toMs = instants.at(-1)
  if (fromMs === undefined || toMs === undefined) return []
  return slots.split(',').map((slot) => ({ attempt, node, slot: Number(slot), fromMs, toMs }))
}

/** Everything that was witnessed. */
export function readWitnesses(folder: string): readonly Presence[] {
  return readdirSync(folder).flatMap((file) =>
    presencesOf(readFileSync(join(folder, file), 'utf8')),
  )
}
