/** How one attempt is to be sandboxed: who is, and with what. Writes the few files that its root needs. */
import { existsSync } from 'node:fs'
import { chown, lchown, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Admission } from '#platform/engines/engine.ts'
import type { AttemptPaths, SandboxPlan } from '../attempt-folder.ts'
import type { GroupPlan } from '../cgroups/attempt-groups.ts'
import { soleOf } from '../command-environment.ts'
import { INSIDE, bubblewrapWords, nodeWords, placesOf } from './bubblewrap-words.ts'
import type { ImageDescription, SandboxNetwork, SandboxPrograms } from './bubblewrap-words.ts'
import { carryPrograms, driverWords, imageWords } from './image-layout.ts'
import { fenceWords, nameserversOf, uplinkWords } from './outbound.ts'
import type { OutboundMaker } from './outbound.ts'

/** What all sandboxes of an engine have in common. */
export interface SandboxMaker {
  readonly programs: SandboxPrograms
  readonly network: SandboxNetwork
  /** Set where the network is `outbound`. */
  readonly outbound: OutboundMaker | null
  readonly shared: readonly string[]
  readonly hidden: readonly string[]
  /** A folder of the engine's for files that sandboxes share. */
  readonly folder: string
  readonly isRoot: boolean
}

/**
 * Numbers that systemd keeps free of users, services and containers. Slots have one owner at a time, so what runs on
 * different slots is different users.
 */
const UID_FROM = 60_578
const UID_COUNT = 606

export function uidOf(slot: number): number {
  return UID_FROM + (slot % UID_COUNT)
}

export interface SandboxPlace {
  readonly paths: AttemptPaths
  readonly pin: readonly string[]
  readonly groups: GroupPlan | null
  /** Where the launcher lies. */
  readonly launcherFolder: string
  /** The folder of its image's root; null for this machine's own programs. */
  readonly root: string | null
}

export async function planSandbox(
  maker: SandboxMaker,
  admission: Admission,
  { paths, pin, groups, launcherFolder, root }: SandboxPlace,
): Promise<{ readonly plan: SandboxPlan; readonly node: readonly string[] }> {
  const { slots } = soleOf(admission)
  const uid = maker.isRoot ? uidOf(slots[0] ?? 0) : null
  if (uid !== null) await giveTo(uid, paths.work)
  const ownUid = uid ?? process.getuid?.() ?? 0
  const network = await planNetwork(maker)
  const settings = await writeSettings(maker.folder, ownUid, network?.resolver)
  const node = process.execPath
  const library = join(launcherFolder, 'node_modules', PSEUDO_TERMINAL)
  const image =
    root === null ? null : await planImage(maker, { root, settings, pin, node, library })
  const words = bubblewrapWords({
    ...maker,
    ...{ uid, ownUid, settings, node, image },
    accelerator: admission.acceleratorKind,
    devices: admission.acceleratorKind === 'gpu' ? await listDevices(slots) : [],
    workFolder: paths.work,
    noticeFolder: dirname(paths.instanceAction),
    groups: groups?.groups ?? [],
    ...{ launcherFolder, pin },
  })
  const plan = {
    kind: 'bubblewrap',
    words: [...(network?.fence ?? []), ...words],
    uid,
    hasOwnNetwork: maker.network !== 'host',
    uplink: network?.uplink ?? null,
    relay: relayWords({ image, node }),
  } as const
  return { plan, node: nodeWords({ image, node }) }
}

const PSEUDO_TERMINAL = `@lydell/node-pty-${process.platform}-${process.arch}/pty.node`

const SETSID = '/usr/bin/setsid'

function relayWords(description: Parameters<typeof nodeWords>[0]): readonly string[] {
  const flags = ['--max-semi-space-size=1', '--max-old-space-size=32', '--v8-pool-size=0']
  const program = [...nodeWords(description), ...flags, join(INSIDE.launcher, 'sandbox-relay.mjs')]
  return [...(description.image?.run(SETSID) ?? [SETSID]), '--fork', ...program]
}

interface ImagePlace {
  readonly root: string
  readonly settings: Readonly<Record<string, string>>
  readonly pin: readonly string[]
  readonly node: string
  /** What the host of a terminal loads besides. */
  readonly library: string
}

async function planImage(
  { programs: own, shared }: SandboxMaker,
  { root, settings, pin, node, library }: ImagePlace,
): Promise<ImageDescription> {
  const named = [node, pin[0], own.setpriv, own.prlimit, SETSID]
  const isHere = (path: string | null | undefined): path is string =>
    typeof path === 'string' && existsSync(path)
  const programs = named.filter(isHere)
  const carried = await carryPrograms(programs, { folder: INSIDE.carried, library })
  return {
    words: [
      ...(await imageWords(root, placesOf({ shared, settings }))),
      ...folderWords(INSIDE.carried, 'lib', 'programs'),
      ...carried.words,
      ...folderWords(INSIDE.driver),
      ...(await driverWords(INSIDE.driver)),
    ],
    run: carried.run,
  }
}

/** Bubblewrap would make them for its own user alone. */
function folderWords(folder: string, ...names: readonly string[]): readonly string[] {
  const paths = ['/run', dirname(folder), folder, ...names.map((name) => join(folder, name))]
  return paths.flatMap((path) => ['--perms', '0755', '--dir', path])
}

export interface NetworkPlan {
  /** Words before those of the sandbox, which make the network that it is in. */
  readonly fence: readonly string[]
  readonly uplink: readonly string[]
  /** The text of its `resolv.conf`. */
  readonly resolver: string
}

/** Null where the sandbox makes its own network, or has none of its own. */
export async function planNetwork({ outbound, isRoot }: SandboxMaker): Promise<NetworkPlan | null> {
  if (outbound === null) return null
  const nameservers = await nameserversOf(outbound)
  return {
    fence: fenceWords(outbound, { isRoot, nameservers }),
    uplink: uplinkWords(outbound),
    resolver: nameservers.map((address) => `nameserver ${address}\n`).join(''),
  }
}

/** The folder and all that an earlier attempt left in it; links themselves, and never what they lead to. */
async function giveTo(uid: number, folder: string): Promise<void> {
  await chown(folder, uid, uid)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await giveTo(uid, path)
    else await lchown(path, uid, uid)
  }
}

/** Users, groups and names of its own: it is told of nobody else's. */
export async function writeSettings(
  folder: string,
  uid: number,
  resolver?: string,
): Promise<Readonly<Record<string, string>>> {
  const texts = {
    passwd: `lease:x:${uid}:${uid}::${INSIDE.work}:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n`,
    group: `lease:x:${uid}:\nnogroup:x:65534:\n`,
    hosts: '127.0.0.1 localhost lease\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    ...(resolver === undefined ? {} : { 'resolv.conf': resolver }),
  }
  const place = join(folder, String(uid))
  await mkdir(place, { recursive: true, mode: 0o755 })
  const written = Object.entries(texts).map(async ([name, text]) => {
    await writeFile(join(place, name), text, { mode: 0o644 })
    return [name, join(place, name)] as const
  })
  return Object.fromEntries(await Promise.all(written))
}

const NVIDIA = '/proc/driver/nvidia/gpus'
const NVIDIA_ALWAYS = ['/dev/nvidiactl', '/dev/nvidia-uvm', '/dev/nvidia-uvm-tools']

/** Slot n is the nth GPU by bus address, whose device file has a number of the driver's own. */
async function listDevices(slots: readonly number[]): Promise<readonly string[]> {
  const addresses = await readdir(NVIDIA).catch(() => [])
  addresses.sort((left, right) => (left < right ? -1 : 1))
  const devices = slots.map(async (slot) => {
    const about = join(NVIDIA, addresses[slot] ?? '', 'information')
    const minor = minorOf(await readFile(about, 'utf8').catch(() => ''))
    return `/dev/nvidia${minor ?? slot}`
  })
  return [...(await Promise.all(devices)), ...NVIDIA_ALWAYS]
}

/** From the text that the driver shows of a GPU. */
export function minorOf(information: string): number | null {
  const found = /^Device Minor:\s*(\d+)/m.exec(information)
  return found === null ? null : Number(found[1])
}
