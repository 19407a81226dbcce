// The examples of who may come in: by a cookie, and by a JSON Web Token.
import t from 'tap'
import { request } from 'undici'
import { cookieLogin } from '../../example/cookie-login.js'
import { jsonWebToken } from '../../example/json-web-token.js'
import { get, post } from '../kit/publish.js'
import { listen } from '../kit/serve.js'
import { watch } from '../kit/watch.js'

t.test('with the cookie of a login one may watch', async t => {
  const app = await cookieLogin('a secret of the cookies, long enough', 'open sesame')
  t.teardown(async () => { await app.close() })
  const { origin } = await listen(app)
  const login = async (password: unknown) => {
    const response = await request(`${origin}/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ password }) })
    await response.body.dump()
    return response
  }
  t.equal((await get(`${origin}/live/demo`)).status, 401)
  t.equal((await login('wrong')).statusCode, 403)
  t.equal((await login(1)).statusCode, 403)
  const { statusCode, headers } = await login('open sesame')
  t.equal(statusCode, 204)
  const [cookie = ''] = String(headers['set-cookie']).split(';')
  const viewer = await watch(`${origin}/live/demo`, { headers: { cookie } })
  t.equal(viewer.status, 200)
  await viewer.leave()
  t.equal((await get(`${origin}/live/demo`, { cookie: cookie.replace(/=\d/, '=9') })).status, 401, 'one that is changed')
})

t.test('a token publishes and watches what its claims name', async t => {
  const app = await jsonWebToken('a secret of the tokens, long enough')
  t.teardown(async () => { await app.close() })
  const { origin } = await listen(app)
  const sign = (claims: object, expiresIn = 3600) => app.jwt.sign(claims, { expiresIn })
  const token = sign({ publish: ['demo'], watch: ['demo'] })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'image/jpeg' })
  t.equal((await post(`${origin}/live/demo`, 'x', bearer(token))).status, 201)
  t.equal((await post(`${origin}/live/other`, 'x', bearer(token))).status, 403)
  t.equal((await post(`${origin}/live/demo`, 'x', bearer(sign({ watch: ['demo'] })))).status, 403)
  t.equal((await post(`${origin}/live/demo`, 'x', bearer(`${token.slice(0, -3)}abc`))).status, 403)
  t.equal((await post(`${origin}/live/demo`, 'x')).status, 401)
  t.equal((await post(`${origin}/live/demo`, 'x', { cookie: `token=${token}`, 'content-type': 'image/jpeg' })).status, 401, 'no page publishes by a cookie')
  for (const headers of [{ cookie: `token=${token}` }, { authorization: `Bearer ${token}` }]) {
    const viewer = await watch(`${origin}/live/demo`, { headers })
    t.equal(viewer.status, 200)
    await viewer.until(() => viewer.segments.length === 1)
    await viewer.leave()
  }
  t.equal((await get(`${origin}/live/demo`, { cookie: `token=${sign({ watch: ['other'] })}` })).status, 401)
  const brief = await watch(`${origin}/live/demo`, { headers: { cookie: `token=${sign({ watch: ['demo'] }, 3)}` } })
  await brief.over()
  t.ok(brief.ended, 'with the token the watching ends')
})
