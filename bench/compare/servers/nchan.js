// nginx with nchan: a process of its own, beside this one, which publishes to it by POST as users do.
// @ts-check
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { FILES, pinnedTo, SERVER_CORE } from '../machine.js'
import { findNchan } from '../nginx.js'
import { serve } from './serve.js'

const START_MILLISECONDS = 10_000

const found = findNchan()
if ('missing' in found) throw new Error(found.missing)
const folder = mkdtempSync(join(tmpdir(), 'nchan-'))
const port = await freePort()
// Bodies and messages stay in memory, and nothing is logged: nothing here makes nchan slower than it is.
writeFileSync(join(folder, 'nginx.conf'), `
load_module ${found.module};
daemon off;
worker_processes 1;
worker_rlimit_nofile ${FILES};
pid ${folder}/pid;
error_log stderr emerg;
events { worker_connections ${FILES}; }
http {
  access_log off;
  client_max_body_size 8m;
  client_body_buffer_size 8m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  nchan_shared_memory_size 512m;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location /publish {
      nchan_publisher;
      nchan_channel_id bench;
      nchan_message_buffer_length 10;
      nchan_message_timeout 30s;
    }
    location /watch {
      nchan_subscriber eventsource;
      nchan_channel_id bench;
      nchan_subscriber_first_message -1;
    }
  }
}`)

const [command = '', ...rest] = [...pinnedTo(SERVER_CORE), found.program, '-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr']
const nginx = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] })
process.on('exit', () => {
  nginx.kill()
  rmSync(folder, { recursive: true, force: true })
})
const publisher = new Agent({ keepAlive: true })
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
await listening()

serve({
  port,
  path: '/watch',
  publish: media => post(media.toString('base64')),
  // User and system time of each process, in ticks.
  cpu: () => sum(pid => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }),
  // What they share is counted once.
  memory: () => sum(pid => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) * 1024)
})

/** Over nginx's master and its workers. @param {(pid: number) => number} of */
function sum (of) {
  const workers = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return workers.map(Number).concat(/** @type {number} */ (nginx.pid)).map(of).reduce((total, part) => total + part, 0)
}

/** @param {string} text */
async function post (text) {
  const sent = request({ host: '127.0.0.1', port, path: '/publish', method: 'POST', agent: publisher })
  sent.end(text)
  const [response] = /** @type {[import('node:http').IncomingMessage]} */ (await once(sent, 'response'))
  response.resume()
  await once(response, 'end')
  if ((response.statusCode ?? 0) >= 300) throw new Error(`nchan answers ${response.statusCode}`)
}

async function listening () {
  const deadline = performance.now() + START_MILLISECONDS
  while (!existsSync(join(folder, 'pid'))) {
    if (nginx.exitCode !== null || performance.now() > deadline) throw new Error('nginx does not start')
    await setTimeout(20)
  }
  // Its worker is there a moment after.
  while (readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8') === '') await setTimeout(20)
}

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}
