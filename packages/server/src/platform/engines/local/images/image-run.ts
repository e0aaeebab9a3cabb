/** How a lease's wishes and an image's own settings make one command. Pure. */
import type { ImageSettings } from './image-documents.ts'

/** The lease's words stand for the image's command, behind its entrypoint, as everywhere with images. */
export function imageCommand(
  settings: Pick<ImageSettings, 'entrypoint' | 'command'>,
  asked: readonly string[],
): readonly string[] {
  return [...settings.entrypoint, ...(asked.length > 0 ? asked : settings.command)]
}

/** Who it is and where its home is, the sandbox says: an image's user is not there. */
const OWN: readonly string[] = ['HOME', 'USER', 'LOGNAME']

export function imageEnvironment(
  { environment }: Pick<ImageSettings, 'environment'>,
  driverFolder: string | null,
): Readonly<Record<string, string>> {
  const theirs = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !OWN.includes(name)),
  )
  if (driverFolder === null) return theirs
  const libraries = [theirs['LD_LIBRARY_PATH'], driverFolder].filter(Boolean).join(':')
  return { ...theirs, LD_LIBRARY_PATH: libraries }
}
