/**
 * The words that make bubblewrap build a sandbox around one attempt. Pure. What is not named here is not there: the
 * sandbox begins with an empty root, and gets the system's programs to read, and its own work folder to write.
 */

/** What a sandboxed command finds, and where. */
export const INSIDE = {
  /** Its work folder and home. */
  work: '/home/lease',
  /** The folder of the notice's documents. */
  notice: '/run/spillway/notice',
  node: '/run/spillway/node',
  launcher: '/run/spillway/bin',
  /** Under an image: this machine's programs that start the command, with their libraries, and the GPU driver's. */
  carried: '/run/spillway/host',
  driver: '/run/spillway/driver',
} as const

/** The rest of the system's programs and settings. What a machine lacks is left out. */
const SYSTEM = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'] as const

/** Settings that programs need to run, none of which tells of users, keys or other machines. */
const SETTINGS = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'alternatives',
  'ssl/certs',
  'ssl/openssl.cnf',
  'pki/tls/certs',
  'pki/ca-trust',
  'ca-certificates',
  'localtime',
  'mime.types',
  'magic',
  'fonts',
  'python3',
  'OpenCL',
  'vulkan',
] as const

/** Which processors there are, which mathematics libraries read; of a GPU, where it is plugged in too. */
const HARDWARE = {
  cpu: ['/sys/devices/system/cpu', '/sys/devices/system/node'],
  gpu: ['/sys/devices', '/sys/bus/pci', '/sys/class/infiniband', '/sys/module/nvidia'],
} as const

const TEMPORARY_BYTES_MAX = 1024 ** 3
const SHARED_MEMORY_BYTES_MAX = 2 * 1024 ** 3
const PROCESSES_MAX = 4096

/** Programs of the system that bubblewrap runs inside, in front of the launcher; null where a machine lacks one. */
export interface SandboxPrograms {
  readonly bwrap: string
  readonly setpriv: string | null
  readonly prlimit: string | null
}

export interface SandboxDescription {
  readonly programs: SandboxPrograms
  /** The user it becomes, where root makes the sandbox; null where an ordinary user does, who stays himself. */
  readonly uid: number | null
  /** The user that its command is. */
  readonly ownUid: number
  readonly network: SandboxNetwork
  readonly accelerator: 'gpu' | 'cpu'
  /** Device files of its GPUs. */
  readonly devices: readonly string[]
  /** Folders of the machine that all customers may read, at their own paths. */
  readonly shared: readonly string[]
  /** Folders that must not be seen though they may lie within one that is. */
  readonly hidden: readonly string[]
  /** Files of its own for `/etc`, by name. */
  readonly settings: Readonly<Record<string, string>>
  readonly workFolder: string
  readonly noticeFolder: string
  readonly launcherFolder: string
  readonly node: string
  /** Its cgroups, each to be seen where the machine has all of them, so that programs find their limits. */
  readonly groups: readonly { readonly path: string; readonly top: string }[]
  /** Words that pin it to CPUs, or none. */
  readonly pin: readonly string[]
  /** Null where its programs are this machine's. */
  readonly image: ImageDescription | null
}

export interface ImageDescription {
  /** Words that show the image, and what it needs of this machine. */
  readonly words: readonly string[]
  /** The words that run a program of this machine inside. */
  readonly run: (program: string) => readonly string[]
}

/**
 * `metadata`: nothing but its own metadata document answers. `outbound`: the internet too, by rules; who runs these words
 * has made the network for it. `host`: all that this machine reaches.
 */
export type SandboxNetwork = 'metadata' | 'outbound' | 'host'

/** File descriptors that the words speak of; 3 is the launcher's channel. */
export const FILTER_FD = 4
export const ANSWER_FD = 5
/** With a way out: it waits until something comes by the gate, and holds the tie while anything in it lives. */
export const GATE_FD = 6
export const TIE_FD = 7

/** The whole command line; what it runs is the launcher. */
export function bubblewrapWords(description: SandboxDescription): readonly string[] {
  const { programs, pin, uid } = description
  const run = description.image?.run ?? ((program: string) => [program])
  return [
    programs.bwrap,
    ...namespaceWords(description),
    ...rootWords(description),
    '--',
    ...ranBy(run, pin),
    ...ranBy(run, limitWords(programs)),
    ...ranBy(run, uid === null ? [] : userWords(programs, uid)),
    ...nodeWords(description),
    ...['--disable-warning=ExperimentalWarning', '--openssl-config=/dev/null'],
    ...['--max-semi-space-size=1', '--v8-pool-size=0'],
    `${INSIDE.launcher}/sandbox-launcher.mjs`,
  ]
}

function ranBy(
  run: ImageDescription['run'],
  [program, ...words]: readonly string[],
): readonly string[] {
  return program === undefined ? [] : [...run(program), ...words]
}

/** The words that run Node inside. */
export function nodeWords({
  image,
  node,
}: Pick<SandboxDescription, 'image' | 'node'>): readonly string[] {
  return image === null ? [INSIDE.node] : image.run(node)
}

/** The loader obeys it, also for our programs, which run before the command and may be root's: never an image's. */
const HARMFUL = ['ld.so.preload']

/** Where a sandbox has something of ours, so that nothing of an image can stand there. */
export function placesOf({
  shared,
  settings,
}: Pick<SandboxDescription, 'shared' | 'settings'>): readonly string[] {
  const named = [...HARMFUL, 'resolv.conf', ...Object.keys(settings)].map((name) => `/etc/${name}`)
  const own = ['/proc', '/dev', '/sys', '/tmp', '/var/tmp', '/run/spillway', INSIDE.work]
  return [...own, ...named, ...shared]
}

function namespaceWords({ uid, ownUid, network }: SandboxDescription): readonly string[] {
  const isFenced = network === 'outbound'
  return [
    // Root needs no namespace of users, and becomes somebody else inside, for which it needs these three.
    ...(uid === null ? ['--unshare-user'] : []),
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...(network === 'metadata' ? ['--unshare-net'] : []),
    ...(isFenced ? ['--block-fd', String(GATE_FD), '--sync-fd', String(TIE_FD)] : []),
    // Who made the network is root there, as only root may make its rules.
    ...(isFenced && uid === null ? ['--uid', String(ownUid), '--gid', String(ownUid)] : []),
    ...['--hostname', 'lease', '--new-session', '--cap-drop', 'ALL'],
    ...(uid === null
      ? []
      : ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name])),
    ...['--seccomp', String(FILTER_FD), '--info-fd', String(ANSWER_FD)],
  ]
}

function rootWords(description: SandboxDescription): readonly string[] {
  const { accelerator, devices, shared, hidden, settings, network, image } = description
  const visible = image === null ? ['/usr', ...shared] : shared
  const isVisible = (path: string) => visible.some((each) => isWithin(path, each))
  const system = image === null ? SETTINGS : []
  const names = network === 'host' ? [...system, 'resolv.conf'] : system
  const settled = names.map((name) => `/etc/${name}`)
  const hardware = HARDWARE[accelerator]
  return [
    ...(image === null ? ['/usr', ...SYSTEM].flatMap(readOnly) : image.words),
    ...foldersAbove([...settled, ...hardware, ...Object.values(INSIDE)]),
    ...(image === null ? [] : foldersAbove(placesOf(description))),
    ...settled.flatMap(readOnly),
    ...Object.entries(settings).flatMap(([name, path]) => ['--ro-bind', path, `/etc/${name}`]),
    ...scratch('/tmp', TEMPORARY_BYTES_MAX),
    ...scratch('/var/tmp', TEMPORARY_BYTES_MAX),
    ...foldersAbove(shared),
    ...shared.flatMap(readOnly),
    ...hidden.filter(isVisible).flatMap((path) => ['--perms', '0000', '--tmpfs', path]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...devices.flatMap((path) => ['--dev-bind-try', path, path]),
    ...scratch('/dev/shm', SHARED_MEMORY_BYTES_MAX),
    ...hardware.flatMap(readOnly),
    ...foldersAbove(description.groups.map(({ top }) => `${top}/`)),
    ...description.groups.flatMap(({ path, top }) => ['--ro-bind-try', path, top]),
    ...['--bind', description.workFolder, INSIDE.work],
    ...['--ro-bind', description.noticeFolder, INSIDE.notice],
    ...(image === null ? ['--ro-bind', description.node, INSIDE.node] : []),
    ...['--ro-bind', description.launcherFolder, INSIDE.launcher],
    // What is not a mount of its own lies in memory, which must not become a store without a bound.
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--chdir', '/'],
  ]
}

export function isWithin(path: string, folderPath: string): boolean {
  return path === folderPath || path.startsWith(`${folderPath.replace(/\/$/, '')}/`)
}

function readOnly(path: string): readonly string[] {
  return ['--ro-bind-try', path, path]
}

/** Bubblewrap would make them for its own user alone. */
function foldersAbove(paths: readonly string[]): readonly string[] {
  const above = paths.flatMap((path) => {
    const parts = path.split('/').slice(1, -1)
    return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
  })
  return [...new Set(above)].flatMap((path) => ['--perms', '0755', '--dir', path])
}

function scratch(path: string, bytesMax: number): readonly string[] {
  return ['--perms', '1777', '--size', String(bytesMax), '--tmpfs', path]
}

function limitWords({ prlimit }: SandboxPrograms): readonly string[] {
  return prlimit === null ? [] : [prlimit, `--nproc=${PROCESSES_MAX}`, '--core=0']
}

function userWords({ setpriv }: SandboxPrograms, uid: number): readonly string[] {
  const words = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups']
  return [setpriv ?? 'setpriv', ...words, '--inh-caps=-all', '--bounding-set=-all']
}
