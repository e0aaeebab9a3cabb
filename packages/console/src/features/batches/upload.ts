/** Sends a file to `/v1/files`, saying how much of it is there. A fetch could not say. */

interface WireAnswer {
  readonly id?: string
  readonly error?: { readonly message?: string }
}

/** The id of the file; rejects with the gateway's own words. */
export function uploadFile(file: File, onProgress: (share: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.set('purpose', 'batch')
    form.set('file', file, file.name)
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded, total, lengthComputable }) => {
      if (lengthComputable) onProgress(loaded / total)
    })
    request.addEventListener('load', () => {
      const answer = request.response as WireAnswer | null
      if (request.status === 200 && answer?.id !== undefined) resolve(answer.id)
      else reject(new Error(answer?.error?.message ?? `The gateway answered ${request.status}.`))
    })
    request.addEventListener('error', () => reject(new Error('The file could not be sent.')))
    request.open('POST', '/v1/files')
    request.send(form)
  })
}
