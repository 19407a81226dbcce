// One publish request of a page, and what its answer means for the next one.

/** The result of a request. */
export type Answer =
  | { readonly kind: 'taken', readonly segments: number, readonly viewers: number | undefined }
  /** Bytes before it are missing: the server continues at that offset. */
  | { readonly kind: 'expected', readonly offset: number, readonly reason: string }
  /** The broadcast was ended during the request: continuing it will be refused. */
  | { readonly kind: 'over', readonly reason: string }
  /** The same request may succeed later. */
  | { readonly kind: 'later', readonly reason: string }
  | { readonly kind: 'refused', readonly reason: string }

/** The part of the answers' JSON that is read. */
interface AnswerJson {
  readonly segments?: number
  readonly viewers?: number
  readonly expected?: number
  readonly code?: string
  readonly message?: string
}

// RFC 9110 and 6585: the request came too slowly, too early, or too often. So for every 5xx.
const MAY_BE_REPEATED = [408, 425, 429]

/** Sends one request. Never rejects. */
export async function post (url: URL, request: RequestInit): Promise<Answer> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { ...request, method: 'POST' })
    text = await response.text()
  } catch {
    // The browser hides the cause: https://fetch.spec.whatwg.org/#concept-network-error
    return { kind: 'later', reason: 'The server cannot be reached' }
  }
  const { status, statusText, ok } = response
  const { segments = 0, viewers, expected, code, message } = read(text)
  if (ok) return { kind: 'taken', segments, viewers }
  const reason = message ?? `The server answered ${status} ${statusText}`.trim()
  if (status === 409 && expected !== undefined) return { kind: 'expected', offset: expected, reason }
  // Any other 404 means a wrong address.
  if (code === 'FST_MEDIA_SSE_NOT_FOUND') return { kind: 'over', reason }
  return { kind: status >= 500 || MAY_BE_REPEATED.includes(status) ? 'later' : 'refused', reason }
}

function read (text: string): AnswerJson {
  try {
    return Object(JSON.parse(text))
  } catch {
    // A proxy's own page.
    return {}
  }
}
