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
import type { Transfers } from './carried-command.ts'
import type { GroupPlan } from './cgroups/attempt-groups.ts'
import { memoryPerSlot, planGroups } from './cgroups/cgroups.ts'
import { commandEnvironment, cpusOfSlots, soleOf } from './command-environment.ts'
import { imageCommand, imageEnvironment } from './images/image-run.ts'
import type { StoredImage } from './images/image-store.ts'
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
  const notice = paths.instanceAction
  await mkdir(dirname(notice), { recursive: true, mode: 0o755 })
  await mkdir(paths.work, { recursive: true, mode: 0o700 })
  await takeOverArtifacts(machine, paths, asked)
  await mkdir(bellFolder(machine.directory), { recursive: true, mode: 0o700 })
  const cpus = cpusOf(machine, asked)
  const pin = pinWords(cpus, machine.environment['PATH'])
  const mark = randomBytes(16).toString('hex')
  const groups = await groupsOf(machine, asked, { mark, cpuCount: cpus.length })
  const image = await findImage(machine, asked)
  const sandbox = await decideSandbox(machine, asked, { paths, pin, groups, image })
  const isInside = sandbox.plan.kind === 'bubblewrap'
  const servicePort = await choosePort(asked)
  const home = isInside ? INSIDE.work : paths.work
  // The addresses of files are secrets, which the record must not hold.
  const carrier = sandbox.carrier ?? carrierBeside(await machine.shimWords())
  const command = inTerminal({ ...asked, command: commandOf(asked, image) }, carrier)
  const transfers = { inputs, outputs }
  const admission = carry({ ...asked, command }, transfers, carrier)
  const token = randomBytes(16).toString('hex')
  return {
    admission,
    environment: {
      ...commandEnvironment({
        admission,
        inherited: isInside ? insideEnvironment(machine) : machine.environment,
        cpus,
        noticePath: join(isInside ? INSIDE.notice : dirname(notice), basename(notice)),
        artifactsPath: join(home, ARTIFACTS),
        mark,
        servicePort,
        seesOwnDevicesOnly: isInside,
        image: variablesOf(asked, image),
      }),
      ...terminalVariables(asked.service, token),
    },
    workingDirectory: resolve(home, admission.workingDirectory ?? folderOf(image, transfers)),
    pin,
    mark,
    sandbox: sandbox.plan,
    groups,
    token,
    servicePort,
  }
}

function cpusOf({ allowedCpus }: LocalMachine, asked: Admission): readonly number[] {
  return asked.acceleratorKind === 'cpu' ? cpusOfSlots(soleOf(asked).slots, allowedCpus) : []
}

/** Limits are for what runs in a sandbox; of others the groups only keep hold. */
async function groupsOf(
  machine: LocalMachine,
  admission: Admission,
  { mark, cpuCount }: { readonly mark: string; readonly cpuCount: number },
): Promise<GroupPlan | null> {
  const found = await machine.cgroups()
  const isInside = admission.tenant === 'customer' || admission.image !== undefined
  const isLimited = isInside && (await machine.isolation()).maker !== null
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

/** Null where it has none, and where it is not here any more. */
async function findImage({ images }: LocalMachine, { image }: Admission) {
  return image === undefined ? null : ((await images?.find(image.digest)) ?? null)
}

function commandOf({ command }: Admission, image: StoredImage | null): readonly string[] {
  return image === null ? command : imageCommand(image.settings, command)
}

function variablesOf({ acceleratorKind }: Admission, image: StoredImage | null) {
  const driver = acceleratorKind === 'gpu' ? INSIDE.driver : null
  return image === null ? {} : imageEnvironment(image.settings, driver)
}

/** Files come and go in the work folder: an image's own cannot be written. */
function folderOf(image: StoredImage | null, { inputs, outputs }: Transfers): string {
  const isCarried = inputs.length + outputs.length > 0
  return isCarried ? '.' : (image?.settings.workingDirectory ?? '.')
}

interface Decision {
  readonly plan: SandboxPlan
  /** The words that run the carrier; null outside of a sandbox. */
  readonly carrier: readonly string[] | null
}

type DecisionPlace = Omit<SandboxPlace, 'launcherFolder' | 'root'> & {
  readonly image: StoredImage | null
}

/**
 * Work of the operator's own house needs the machine as it is; that of customers runs in a sandbox or not at all, and so
 * does what has an image.
 */
async function decideSandbox(
  machine: LocalMachine,
  admission: Admission,
  { image, ...place }: DecisionPlace,
): Promise<Decision> {
  const open = { plan: { kind: 'none' }, carrier: null } as const
  if (admission.tenant === 'owner' && !admission.image) return open
  const { isolation, maker } = await machine.isolation()
  const why = admission.image ? whyNoImage(admission, image) : null
  if (why !== null) return refused(why)
  if (maker !== null) {
    // The launcher lies beside the shim.
    const launcherFolder = dirname((await machine.shimWords()).at(-1) ?? '')
    const root = image?.root ?? null
    const { plan, node } = await planSandbox(maker, admission, { ...place, launcherFolder, root })
    return { plan, carrier: [...node, join(INSIDE.launcher, CARRIER)] }
  }
  return isolation.kind === 'none' && !admission.image ? open : refused(isolation.text)
}

function refused(why: string): Decision {
  return { plan: { kind: 'refused', text: `cannot start here: ${why}` }, carrier: null }
}

function whyNoImage({ command, image: named }: Admission, image: StoredImage | null) {
  if (image === null) return `its image ${named?.reference ?? ''} is not here any more`
  const isEmpty = imageCommand(image.settings, command).length === 0
  return isEmpty ? 'its image names no command; write one after --' : null
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
