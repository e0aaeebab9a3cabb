/** A secret, shown once: copied now or never. */
import type { ReactElement } from 'react'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'

interface SecretOnceProps {
  readonly title: string
  readonly secret: string
  readonly onClose: () => void
}

export function SecretOnce({ title, secret, onClose }: SecretOnceProps): ReactElement {
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="mb-3">Copy the secret now: it is not shown again, and nobody can look it up.</p>
      <Code label="the secret" text={secret} />
      <div className="mt-4 flex justify-end">
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  )
}
