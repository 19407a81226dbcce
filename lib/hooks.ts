// Users' hooks run in the order they were added. Each is isolated: a throw or a rejection is logged and does no harm. Every such moment
// passes through here, so tracing tools are told here too.
import { AsyncResource } from 'node:async_hooks'
import type { FastifyBaseLogger } from 'fastify'
import type { Broadcast, Hooks as HookTypes, LagPolicy, Viewer } from './contract.js'
import { hearsHook, tellHook } from './diagnostics.js'
import { HOOK_NAMES, LAG_POLICIES, invalidOption, unknownOption } from './options.js'

type Name = keyof HookTypes

// The hooks called after the request's handler.
const LATER_VIEWER_HOOKS = ['onViewerLag', 'onViewerSkip', 'onViewerStall', 'onViewerDrain', 'onViewerClose'] as const

/** All hooks of one registration. */
export class Hooks {
  readonly #hooks = new Map<Name, Array<HookTypes[Name]>>()
  readonly #path: string

  /** Takes the hooks passed as options. @param path - absolute path of the registration's routes */
  constructor (given: Partial<HookTypes>, path = '') {
    this.#path = path
    for (const name of HOOK_NAMES) {
      if (given[name] !== undefined) this.add(name, given[name])
    }
  }

  /** @throws FST_MEDIA_SSE_INVALID_OPTION for an unknown name or a hook that is no function. */
  add<N extends Name> (name: N, hook: HookTypes[N]): void {
    if (!HOOK_NAMES.includes(name)) throw unknownOption('', String(name), HOOK_NAMES, hook)
    if (typeof hook !== 'function') throw invalidOption(`addHook('${name}')`, 'a function', hook)
    const hooks = this.#hooks.get(name)
    if (hooks === undefined) this.#hooks.set(name, [hook])
    else hooks.push(hook)
  }

  /**
   * The asynchronous context of a viewer's request, for its later hooks, which run when a publisher or a connection triggers them:
   * `AsyncLocalStorage` gives there what it gives in the request. Undefined if nothing listens to those hooks, so that viewers hold no
   * memory for them.
   */
  viewerContext (): AsyncResource | undefined {
    const isHeard = LATER_VIEWER_HOOKS.some(name => this.#hooks.has(name) || hearsHook(name))
    return isHeard ? new AsyncResource('fastify-media-sse.viewer', { requireManualDestroy: true }) : undefined
  }

  /** Runs hooks without waiting for them. */
  fire<N extends Name> (name: N, log: FastifyBaseLogger, ...args: Parameters<HookTypes[N]>): void {
    tellHook(this.#path, name, args)
    const hooks = this.#hooks.get(name)
    if (hooks === undefined) return
    for (const hook of hooks) {
      try {
        const result = call(hook, args)
        if (isThenable(result)) result.then(undefined, (error: unknown) => report(log, name, args[0], error))
      } catch (error) {
        report(log, name, args[0], error)
      }
    }
  }

  /** Runs hooks one after the other, and resolves when the last has settled. Never rejects. */
  async run<N extends Name> (name: N, log: FastifyBaseLogger, ...args: Parameters<HookTypes[N]>): Promise<void> {
    tellHook(this.#path, name, args)
    for (const hook of this.#hooks.get(name) ?? []) {
      try {
        await call(hook, args)
      } catch (error) {
        report(log, name, args[0], error)
      }
    }
  }

  /** Asks `onViewerLag`. Returns the last policy that a hook returned, if any. */
  lagPolicy (log: FastifyBaseLogger, viewer: Viewer, lag: number): LagPolicy | undefined {
    tellHook(this.#path, 'onViewerLag', [viewer, lag])
    let policy: LagPolicy | undefined
    for (const hook of this.#hooks.get('onViewerLag') ?? []) {
      try {
        const answer = call(hook, [viewer, lag])
        if (LAG_POLICIES.includes(answer as LagPolicy)) policy = answer as LagPolicy
        else if (isThenable(answer)) answer.then(undefined, (error: unknown) => report(log, 'onViewerLag', viewer, error))
        else if (answer !== undefined) throw new TypeError(`onViewerLag returned ${String(answer)}, no policy`)
      } catch (error) {
        report(log, 'onViewerLag', viewer, error)
      }
    }
    return policy
  }
}

function call (hook: HookTypes[Name], args: readonly unknown[]): unknown {
  return (hook as (...args: readonly unknown[]) => unknown)(...args)
}

function isThenable (value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}

function report (log: FastifyBaseLogger, hook: Name, about: Broadcast | Viewer, error: unknown): void {
  const subject = 'id' in about ? { viewer: about.id } : { broadcast: about.name }
  log.error({ err: error, hook, ...subject }, `The hook ${hook} failed`)
}
