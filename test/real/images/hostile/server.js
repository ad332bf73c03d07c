// An image that keeps to the contract of an image and tries everything else besides. GET /attempt?name=…&with=<JSON> makes one
// attempt and answers {outcome: 'succeeded' | 'blocked', detail}.
import { execFileSync } from 'node:child_process'
import { openAsBlob, readdirSync, readFileSync, symlinkSync, watch, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import inspector from 'node:inspector'
import { createRequire } from 'node:module'
import { connect, createServer as createSocketServer } from 'node:net'
import { setPriority } from 'node:os'
import { createTracing } from 'node:trace_events'
import { writeHeapSnapshot } from 'node:v8'
import { Worker } from 'node:worker_threads'

const identity = readFileSync(new URL('boot.json', import.meta.url), 'utf8')
const require = createRequire(import.meta.url)

const attempts = {
  'read the files of another blade': ({ file }) => readFileSync(file, 'utf8'),
  'load a module from another blade': ({ module }) => JSON.stringify(require(module)),
  'read the token of the control port': ({ file }) => readFileSync(file, 'utf8'),
  'read the password file of the host': () => readFileSync('/etc/passwd', 'utf8').slice(0, 20),
  'read what the host runs from /proc': ({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8').slice(0, 20),
  'read its own log': ({ file }) => readFileSync(file, 'utf8').slice(0, 20),
  'list the directory of the farm': ({ directory }) => readdirSync(directory).join(),
  'write into its own directory': () => writeFileSync('left-behind', 'x'),
  'write into /tmp': ({ file }) => writeFileSync(file, 'x'),
  'load variables from a file of another blade': ({ file }) => process.loadEnvFile(file),
  'open a file of another blade as a blob': async ({ file }) => (await openAsBlob(file)).text(),
  'watch the directory of another blade': ({ directory }) => watch(directory).close(),
  'write a report into /tmp': ({ file }) => process.report.writeReport(file),
  'leave a socket in /tmp': ({ file }) => heard(createSocketServer().listen({ path: file }), 'listening'),
  'become another program': () => process.execve('/bin/true', ['true'], {}),
  'write a database into /tmp': async ({ file }) => {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(file)
    database.exec('create table t (c)')
    database.close()
  },
  'write a trace into its own directory': async () => {
    const tracing = createTracing({ categories: ['node.perf'] })
    tracing.enable()
    performance.mark('x')
    await new Promise((resolve) => setTimeout(resolve, 50))
    tracing.disable()
    await new Promise((resolve) => setTimeout(resolve, 150))
    return 'see the directory'
  },
  'write a heap snapshot into /tmp': ({ file }) => writeHeapSnapshot(file),
  'make a symbolic link': ({ file }) => symlinkSync('/etc', file),
  'start a program': () => execFileSync('/bin/true'),
  'start a worker thread': () => heard(new Worker('0', { eval: true }), 'exit'),
  'load a native addon': ({ file }) => process.dlopen({ exports: {} }, file),
  'open the inspector': () => {
    inspector.open(0, '127.0.0.1')
    const url = inspector.url()
    inspector.close()
    if (url === undefined) throw new Error('it did not open')
    return url
  },
  'become root': () => process.setuid(0),
  'signal another blade': ({ pid }) => process.kill(pid, 0),
  'signal the agent': ({ pid }) => process.kill(pid, 0),
  'slow another blade down by its priority': ({ pid }) => setPriority(pid, 1),
  'connect to a unix socket of the agent': ({ path }) => heard(connect({ path }), 'connect'),
  'connect to an abstract unix socket': ({ path }) => heard(connect({ path: `\0${path}` }), 'connect'),
  'connect to the port of another blade': ({ port }) => heard(connect({ port, host: '127.0.0.1' }), 'connect'),
  'connect to the control port': ({ port }) => heard(connect({ port, host: '127.0.0.1' }), 'connect'),
  'listen on any free port': () => heard(createSocketServer().listen(0, '127.0.0.1'), 'listening'),
  // Takes the port and forges the identity that the other board expects to read.
  'answer on the port of another blade': ({ port, forged }) =>
    heard(
      createServer((_request, response) => response.end(JSON.stringify(forged))).listen(port, '127.0.0.1'),
      'listening',
    ),
}

function heard(emitter, event) {
  return new Promise((resolve, reject) => {
    emitter.once(event, () => resolve(event))
    emitter.once('error', reject)
  })
}

async function attempt(name, parameters) {
  try {
    return { outcome: 'succeeded', detail: String(await attempts[name](parameters)) }
  } catch (error) {
    return { outcome: 'blocked', detail: `${error.code ?? ''} ${error.message}` }
  }
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://blade')
  response.setHeader('content-type', 'application/json')
  if (url.pathname === '/healthz') return response.end(identity)
  if (url.pathname === '/environment') return response.end(JSON.stringify({ env: process.env, argv: process.execArgv }))
  response.end(
    JSON.stringify(await attempt(url.searchParams.get('name'), JSON.parse(url.searchParams.get('with') ?? '{}'))),
  )
}).listen(Number(process.env.PORT), '127.0.0.1')
