// One publish request of a page, and what its answer means for the next one.

/** What became of a request. */
export type Answer =
  | { readonly kind: 'taken', readonly segments: number, readonly viewers: number | undefined }
  /** The bytes before it are missing: the server goes on at that offset. */
  | { readonly kind: 'expected', readonly offset: number, readonly reason: string }
  /** The broadcast was ended while the request was on its way: what follows on it will not be taken. */
  | { readonly kind: 'over', readonly reason: string }
  /** The same request may be taken later. */
  | { readonly kind: 'later', readonly reason: string }
  | { readonly kind: 'refused', readonly reason: string }

/** The answers' JSON, as far as it is read. */
interface AnswerJson {
  readonly segments?: number
  readonly viewers?: number
  readonly expected?: number
  readonly code?: string
  readonly message?: string
}

// RFC 9110 and 6585: the request came too slowly, too early, or too often. So is every 5xx.
const MAY_BE_REPEATED = [408, 425, 429]

/** Sends one request. Never rejects. */
export async function post (url: URL, request: RequestInit): Promise<Answer> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { ...request, method: 'POST' })
    text = await response.text()
  } catch {
    // The browser keeps the cause to itself: https://fetch.spec.whatwg.org/#concept-network-error
    return { kind: 'later', reason: 'The server cannot be reached' }
  }
  const { status, statusText, ok } = response
  const { segments = 0, viewers, expected, code, message } = read(text)
  if (ok) return { kind: 'taken', segments, viewers }
  const reason = message ?? `The server answered ${status} ${statusText}`.trim()
  if (status === 409 && expected !== undefined) return { kind: 'expected', offset: expected, reason }
  // Any other 404 is of a wrong address.
  if (code === 'FST_MEDIA_SSE_NOT_FOUND') return { kind: 'over', reason }
  return { kind: status >= 500 || MAY_BE_REPEATED.includes(status) ? 'later' : 'refused', reason }
}

function read (text: string): AnswerJson {
  try {
    return Object(JSON.parse(text))
  } catch {
    // It is a page of a proxy's own.
    return {}
  }
}
