/**
 * The system calls that a sandboxed command may not make, as a program for the kernel's filter: those that reach past
 * its namespaces, make new ones, or have opened many holes in kernels. All else is allowed. Pure.
 */

/** Numbers of each architecture, in the order of `DENIED`; null where it has no such call. */
const DENIED = {
  acct: [163, 89],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  bpf: [321, 280],
  chroot: [161, 51],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  settimeofday: [164, 170],
  create_module: [174, null],
  init_module: [175, 105],
  delete_module: [176, 106],
  finit_module: [313, 273],
  fanotify_init: [300, 262],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  ioperm: [173, null],
  iopl: [172, null],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  lookup_dcookie: [212, 18],
  mount: [165, 40],
  umount2: [166, 39],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  perf_event_open: [298, 241],
  pivot_root: [155, 41],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  setns: [308, 268],
  swapon: [167, 224],
  swapoff: [168, 225],
  syslog: [103, 116],
  unshare: [272, 97],
  userfaultfd: [323, 282],
  vhangup: [153, 58],
} as const satisfies Readonly<Record<string, readonly [number, number | null]>>

interface Architecture {
  /** Which column of `DENIED`. */
  readonly column: 0 | 1
  /** The kernel's AUDIT_ARCH. */
  readonly audit: number
  readonly clone: number
  readonly clone3: number
  readonly ioctl: number
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { column: 0, audit: 0xc000_003e, clone: 56, clone3: 435, ioctl: 16 },
  arm64: { column: 1, audit: 0xc000_00b7, clone: 220, clone3: 435, ioctl: 29 },
}

/** Every flag of `clone` that makes a namespace. */
const CLONE_NEW_ANY = 0x7e02_0000
/** Puts letters into a terminal as if they had been typed. */
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c
/** Calls of x64 with 32-bit pointers, under numbers of their own. */
const X32_FROM = 0x4000_0000

/** Offsets into `struct seccomp_data`, the low half of each argument on little-endian machines. */
const AT = { number: 0, architecture: 4, argument0: 16, argument1: 24 } as const

const LOAD = 0x20
const IF_EQUAL = 0x15
const IF_NOT_BELOW = 0x35
const IF_ANY_BIT = 0x45
const RETURN = 0x06

const ALLOW = 0x7fff_0000
const KILL = 0x8000_0000
const errno = (number: number) => 0x0005_0000 + number
const EPERM = 1
const ENOSYS = 38

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number]

const load = (at: number): Instruction => [LOAD, 0, 0, at]
const give = (verdict: number): Instruction => [RETURN, 0, 0, verdict]
/** The next instruction runs when the test holds, and is skipped when not. */
const when = (test: number, operand: number): Instruction => [test, 0, 1, operand]

/** Null for a machine whose numbers are not known here. */
export function renderSeccompFilter(architecture: string): Buffer | null {
  const found = ARCHITECTURES[architecture]
  if (found === undefined) return null
  const { column, audit, clone, clone3, ioctl } = found
  const denied = Object.values(DENIED).flatMap((numbers) => numbers[column] ?? [])
  const program: Instruction[] = [
    load(AT.architecture),
    [IF_EQUAL, 1, 0, audit],
    give(KILL),
    load(AT.number),
    ...(architecture === 'x64' ? [when(IF_NOT_BELOW, X32_FROM), give(errno(ENOSYS))] : []),
    ...denied.flatMap((number) => [when(IF_EQUAL, number), give(errno(EPERM))]),
    // Its flags lie in memory, where a filter cannot look; without it the C library takes `clone`.
    ...[when(IF_EQUAL, clone3), give(errno(ENOSYS))],
    ...[[IF_EQUAL, 0, 4, clone] as const, load(AT.argument0)],
    ...[when(IF_ANY_BIT, CLONE_NEW_ANY), give(errno(EPERM)), give(ALLOW)],
    ...[[IF_EQUAL, 0, 5, ioctl] as const, load(AT.argument1)],
    ...[[IF_EQUAL, 1, 0, TIOCSTI] as const, when(IF_EQUAL, TIOCLINUX), give(errno(EPERM))],
    give(ALLOW),
    give(ALLOW),
  ]
  return encode(program)
}

/** `struct sock_filter[]`. */
function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4)
  }
  return bytes
}
