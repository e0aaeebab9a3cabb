/** Makes the record of an attempt: where and as what its command runs, in a sandbox or not. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Admission } from '#platform/engines/engine.ts'
import { findProgram } from '#platform/processes/program-path.ts'
import { takeOverArtifacts } from './artifacts-folder.ts'
import { ARTIFACTS, bellFolder } from './attempt-folder.ts'
import type { AdmissionRecord, AttemptPaths, SandboxPlan } from './attempt-folder.ts'
import { CARRIER, carrierBeside, carry } from './carried-command.ts'
import type { GroupPlan } from './cgroups/attempt-groups.ts'
import { memoryPerSlot, planGroups } from './cgroups/cgroups.ts'
import { commandEnvironment, cpusOfSlots, soleOf } from './command-environment.ts'
import type { LocalMachine } from './local-machine.ts'
import { choosePort } from './port-choice.ts'
import { INSIDE } from './sandbox/bubblewrap-words.ts'
import { planSandbox } from './sandbox/sandbox-plan.ts'
import type { SandboxPlace } from './sandbox/sandbox-plan.ts'
import { inTerminal, terminalVariables } from './terminal/terminal-terms.ts'

/** Makes the folders too. */
export async function makeRecord(
  machine: LocalMachine,
  paths: AttemptPaths,
  { inputs = [], outputs = [], ...asked }: Admission,
): Promise<AdmissionRecord> {
  await mkdir(dirname(paths.instanceAction), { recursive: true, mode: 0o755 })
  await mkdir(paths.work, { recursive: true, mode: 0o700 })
  await takeOverArtifacts(machine, paths, asked)
  await mkdir(bellFolder(machine.directory), { recursive: true, mode: 0o700 })
  const isPinned = asked.acceleratorKind === 'cpu'
  const cpus = isPinned ? cpusOfSlots(soleOf(asked).slots, machine.allowedCpus) : []
  const pin = pinWords(cpus, machine.environment['PATH'])
  const mark = randomBytes(16).toString('hex')
  const groups = await groupsOf(machine, asked, { mark, cpuCount: cpus.length })
  const sandbox = await decideSandbox(machine, asked, { paths, pin, groups })
  const isInside = sandbox.kind === 'bubblewrap'
  const servicePort = await choosePort(asked)
  const home = isInside ? INSIDE.work : paths.work
  // The addresses of files are secrets, which the record must not hold.
  const carrier = isInside ? CARRIER_INSIDE : carrierBeside(await machine.shimWords())
  const command = inTerminal(asked, carrier)
  const admission = carry({ ...asked, command }, { inputs, outputs }, carrier)
  const token = randomBytes(16).toString('hex')
  return {
    admission,
    environment: {
      ...commandEnvironment({
        admission,
        inherited: isInside ? insideEnvironment(machine) : machine.environment,
        cpus,
        noticePath: isInside
          ? join(INSIDE.notice, basename(paths.instanceAction))
          : paths.instanceAction,
        artifactsPath: join(home, ARTIFACTS),
        mark,
        servicePort,
        seesOwnDevicesOnly: isInside,
      }),
      ...terminalVariables(asked.service, token),
    },
    workingDirectory: resolve(home, admission.workingDirectory ?? '.'),
    pin,
    mark,
    sandbox,
    groups,
    token,
    servicePort,
  }
}

/** Limits are for what runs in a sandbox; of others the groups only keep hold. */
async function groupsOf(
  machine: LocalMachine,
  admission: Admission,
  { mark, cpuCount }: { readonly mark: string; readonly cpuCount: number },
): Promise<GroupPlan | null> {
  const found = await machine.cgroups()
  const isLimited = admission.tenant === 'customer' && (await machine.isolation()).maker !== null
  if (!isLimited || found.bases.length === 0) return planGroups(found, mark, null)
  const { memoryPerSlotBytes, processesMax, slotCount } = machine.limits
  const slots = soleOf(admission).slots.length
  const perSlot = memoryPerSlotBytes ?? memoryPerSlot(found.bases, await slotCount())
  return planGroups(found, mark, {
    memoryBytesMax: perSlot * slots,
    processesMax,
    slotCount: slots,
    cpuCount: cpuCount === 0 ? null : cpuCount,
  })
}

const CARRIER_INSIDE = [INSIDE.node, join(INSIDE.launcher, CARRIER)]

/** Work of the operator's own house needs the machine as it is; that of customers runs in a sandbox or not at all. */
async function decideSandbox(
  machine: LocalMachine,
  admission: Admission,
  place: Omit<SandboxPlace, 'launcherFolder'>,
): Promise<SandboxPlan> {
  if (admission.tenant === 'owner') return { kind: 'none' }
  const { isolation, maker } = await machine.isolation()
  if (maker !== null) {
    // The launcher lies beside the shim.
    const launcherFolder = dirname((await machine.shimWords()).at(-1) ?? '')
    return planSandbox(maker, admission, { ...place, launcherFolder })
  }
  return isolation.kind === 'none'
    ? { kind: 'none' }
    : { kind: 'refused', text: `cannot start here: ${isolation.text}` }
}

function insideEnvironment({ environment }: LocalMachine): Readonly<Record<string, string>> {
  const own = { HOME: INSIDE.work, USER: 'lease', LOGNAME: 'lease', SHELL: '/bin/sh' }
  return { ...own, LANG: environment['LANG'] ?? 'C.UTF-8', TZ: environment['TZ'] ?? 'UTC' }
}

function pinWords(cpus: readonly number[], path = '/usr/bin:/bin'): readonly string[] {
  if (cpus.length === 0) return []
  const search = findProgram('taskset', { path, directory: '/' })
  return search.kind === 'found' ? [search.path, '-c', cpus.join(',')] : []
}
