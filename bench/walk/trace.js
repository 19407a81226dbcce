// Has each function of the built `lib` say that it was entered, so that a walk through the code can be read. Node is started with this file as an
// `--import`; what it registers is the file itself, so that the hook below runs where Node runs hooks.
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const LIB = new URL('../../dist/lib/', import.meta.url).href

if (isMainThread) register(import.meta.url)

/** @type {import('node:module').LoadHook} */
export async function load (url, context, next) {
  const loaded = await next(url, context)
  if (!url.startsWith(LIB) || !url.endsWith('.js')) return loaded
  // Only here: the thread of the server does not need it.
  const { default: ts } = await import('typescript')
  const file = url.slice(LIB.length).replace(/\.js$/, '.ts')
  const source = ts.createSourceFile(fileURLToPath(url), String(loaded.source), ts.ScriptTarget.ES2023, false, ts.ScriptKind.JS)
  const { transformed } = ts.transform(source, [told(ts, file)])
  return { ...loaded, source: ts.createPrinter().printFile(transformed[0]) }
}

/** Puts `globalThis.entered?.(file)` at the beginning of every function. @param {typeof import('typescript')} ts @param {string} file */
function told (ts, file) {
  const { factory } = ts
  const entered = () => factory.createCallChain(factory.createPropertyAccessExpression(factory.createIdentifier('globalThis'), 'entered'),
    factory.createToken(ts.SyntaxKind.QuestionDotToken), undefined, [factory.createStringLiteral(file)])
  /** @param {import('typescript').Block} body */
  const begun = body => {
    // A constructor of a derived class has no `this` before `super`, and needs none here.
    return factory.updateBlock(body, [factory.createExpressionStatement(entered()), ...body.statements])
  }
  return (/** @type {import('typescript').TransformationContext} */ context) => (/** @type {import('typescript').SourceFile} */ root) => {
    /** @param {import('typescript').Node} node @returns {import('typescript').Node} */
    const visit = node => {
      const seen = ts.visitEachChild(node, visit, context)
      if (ts.isArrowFunction(seen)) {
        const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = seen
        const told = ts.isBlock(body) ? begun(body) : factory.createBlock([factory.createExpressionStatement(entered()), factory.createReturnStatement(body)], true)
        return factory.updateArrowFunction(seen, modifiers, typeParameters, parameters, type, equalsGreaterThanToken, told)
      }
      if (ts.isFunctionDeclaration(seen) && seen.body) return factory.updateFunctionDeclaration(seen, seen.modifiers, seen.asteriskToken, seen.name, seen.typeParameters, seen.parameters, seen.type, begun(seen.body))
      if (ts.isFunctionExpression(seen)) return factory.updateFunctionExpression(seen, seen.modifiers, seen.asteriskToken, seen.name, seen.typeParameters, seen.parameters, seen.type, begun(seen.body))
      if (ts.isMethodDeclaration(seen) && seen.body) return factory.updateMethodDeclaration(seen, seen.modifiers, seen.asteriskToken, seen.name, seen.questionToken, seen.typeParameters, seen.parameters, seen.type, begun(seen.body))
      if (ts.isConstructorDeclaration(seen) && seen.body) return factory.updateConstructorDeclaration(seen, seen.modifiers, seen.parameters, begun(seen.body))
      if (ts.isGetAccessor(seen) && seen.body) return factory.updateGetAccessorDeclaration(seen, seen.modifiers, seen.name, seen.parameters, seen.type, begun(seen.body))
      if (ts.isSetAccessor(seen) && seen.body) return factory.updateSetAccessorDeclaration(seen, seen.modifiers, seen.name, seen.parameters, begun(seen.body))
      return seen
    }
    return ts.visitEachChild(root, visit, context)
  }
}
