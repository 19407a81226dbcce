// Shows still pictures, JPEG or PNG, in an <img> or on a <canvas>: the newest wins, however slowly the browser decodes.

/** A received picture. */
export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly mime: string
}

/** Shows pictures one after the other. */
export class PictureOutput {
  readonly #target: HTMLImageElement | HTMLCanvasElement
  readonly #failed: (reason: string) => void
  #next: (Picture & { readonly shown: () => void }) | undefined
  #busy = false
  #closed = false
  #url = ''

  /** @param failed called for each picture that the browser cannot decode */
  constructor (target: HTMLImageElement | HTMLCanvasElement, failed: (reason: string) => void) {
    this.#target = target
    this.#failed = failed
  }

  /** Shows a picture, unless a newer one comes first. @param shown called when it is visible */
  show (picture: Picture, shown: () => void): void {
    this.#next = { ...picture, shown }
    if (!this.#busy) this.#work().catch(reportError)
  }

  close (): void {
    this.#closed = true
    this.#next = undefined
    URL.revokeObjectURL(this.#url)
  }

  async #work (): Promise<void> {
    this.#busy = true
    for (let picture = this.#next; picture !== undefined; picture = this.#next) {
      this.#next = undefined
      try {
        await this.#draw(new Blob([picture.bytes], { type: picture.mime }))
        if (!this.#closed) picture.shown()
      } catch (error) {
        this.#failed(`The browser could not decode a picture (${String(error)})`)
      }
    }
    this.#busy = false
  }

  async #draw (blob: Blob): Promise<void> {
    const target = this.#target
    if (!(target instanceof HTMLCanvasElement)) return await this.#load(target, URL.createObjectURL(blob))
    const bitmap = await createImageBitmap(blob)
    // Setting the size clears the canvas, so it is set only when it changes.
    if (target.width !== bitmap.width) target.width = bitmap.width
    if (target.height !== bitmap.height) target.height = bitmap.height
    target.getContext('2d')?.drawImage(bitmap, 0, 0)
    bitmap.close()
  }

  async #load (image: HTMLImageElement, url: string): Promise<void> {
    const before = this.#url
    this.#url = url
    image.src = url
    await image.decode()
    URL.revokeObjectURL(before)
  }
}
