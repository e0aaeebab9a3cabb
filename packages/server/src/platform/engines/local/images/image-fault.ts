/** Why an image cannot be had, as a sentence for who asked for it. */

export class ImageFault extends Error {
  override readonly name = 'ImageFault'
  /** Asking once more may help, such as after a broken connection. */
  readonly isPassing: boolean

  constructor(message: string, isPassing = false) {
    super(message)
    this.isPassing = isPassing
  }
}
