/**
 * The accounting of a lab: the owner's people under one account, customers under another, and qualities of service that
 * let the first preempt what is sold loosely. A real cluster needs the same lines, see docs/guides/slurm.md.
 */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { LabPlan } from './configuration.ts'

/** Work of the owner's people, which Spillway only sees. */
const ANCHOR_ACCOUNT = 'anchor'
/** Work that Spillway submits. */
const SPILLWAY_ACCOUNT = 'spillway'

/** On-demand is taken back by contract, by Spillway: not by Slurm. */
const PREEMPTED = 'spillway_flex,spillway_spot,spillway_serving'
const SOLD = `${PREEMPTED},spillway_on_demand,spillway_anchor`
const CALL_TIMEOUT_MS = 30_000

/** Few sessions, because each costs a third of a second; two, because one does not see qualities that it added itself. */
export async function setUpAccounts(
  plan: LabPlan,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  await converse(qualityLines(plan), environment)
  await converse(accountLines(plan), environment)
}

async function converse(
  lines: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn('sacctmgr', ['-i'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: CALL_TIMEOUT_MS,
  })
  child.stdin.end([...lines, 'quit', ''].join('\n'))
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (/error|Unknown|Problem|doesn't exist/.test(`${said}${complaints}`))
    throw new Error(`sacctmgr: ${complaints}${said}`)
}

function qualityLines({ graceSeconds }: LabPlan): readonly string[] {
  const notice = `GraceTime=${graceSeconds} PreemptMode=requeue`
  return [
    'add qos spillway_flex GraceTime=0 PreemptMode=requeue Priority=1',
    `add qos spillway_spot ${notice} Priority=10`,
    `add qos spillway_serving ${notice} Priority=20`,
    'add qos spillway_on_demand Priority=50',
    'add qos spillway_anchor Priority=100',
    'add qos anchor Priority=100',
  ]
}

function accountLines({ user }: LabPlan): readonly string[] {
  return [
    `modify qos spillway_anchor,anchor set Preempt=${PREEMPTED}`,
    `add account ${SPILLWAY_ACCOUNT} QOS=${SOLD} DefaultQOS=spillway_spot`,
    `add account ${ANCHOR_ACCOUNT} QOS=anchor DefaultQOS=anchor`,
    `add user ${user} Account=${ANCHOR_ACCOUNT}`,
    `add user ${user} Account=${SPILLWAY_ACCOUNT}`,
    `modify user ${user} set AdminLevel=Administrator`,
  ]
}
