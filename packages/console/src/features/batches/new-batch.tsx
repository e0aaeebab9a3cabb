/** Starts a batch: a file is sent, then its lines are asked. */
import { BatchEndpoint } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { uploadFile } from './upload.ts'

export function NewBatch({ onClose }: { onClose: () => void }): ReactElement {
  const [file, setFile] = useState<File | null>(null)
  const [endpoint, setEndpoint] = useState<BatchEndpoint>('/v1/chat/completions')
  const [share, setShare] = useState<number | null>(null)
  const [wrong, setWrong] = useState<string | null>(null)
  const create = useCommand('createBatch', {
    changes: ['listBatches', 'listFiles'],
    onSuccess: () => {
      toast('The batch is started')
      onClose()
    },
  })
  const start = async (): Promise<void> => {
    if (file === null) return setWrong('Choose a file.')
    setWrong(null)
    setShare(0)
    try {
      create.mutate({ body: { inputFileId: await uploadFile(file, setShare), endpoint } })
    } catch (failure) {
      setWrong(failure instanceof Error ? failure.message : String(failure))
    } finally {
      setShare(null)
    }
  }
  return (
    <FormDialog
      title="New batch"
      action={share === null ? 'Start the batch' : `Sending, ${Math.floor(share * 100)} %`}
      isBusy={share !== null || create.isPending}
      problem={create.error && explain(create.error)}
      onSubmit={(event) => {
        event.preventDefault()
        return start()
      }}
      onClose={onClose}
    >
      <InputField
        label="File of requests"
        help="One JSON object a line: custom_id, method, url, body. All lines ask one model."
        type="file"
        accept=".jsonl,.ndjson,.txt"
        error={wrong ?? undefined}
        onChange={(event) => setFile(event.target.files?.[0] ?? null)}
      />
      <SelectField
        label="Endpoint"
        value={endpoint}
        onChange={(event) => setEndpoint(BatchEndpoint.parse(event.target.value))}
      >
        {BatchEndpoint.options.map((path) => (
          <option key={path} value={path}>
            {path}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  )
}
