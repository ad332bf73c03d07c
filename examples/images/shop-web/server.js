// A small shop: plain Node, no dependencies. It stands for an application whose bottleneck is its database: a request holds one of
// 4 connections for 40 ms, so one blade serves 100 requests a second however fast its processor is, and a second blade really helps.
// The contract of an image: PORT and DATA_DIR from the environment, GET /healthz answers what boot.json beside this file says,
// SIGTERM lets requests in hand finish.
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const connections = 4
const databaseMs = 40
const queueMax = 16

const identity = JSON.parse(readFileSync(new URL('boot.json', import.meta.url), 'utf8'))
const dataDirectory = process.env.DATA_DIR ?? ''

let inHand = 0
const queue = []

const server = createServer((request, response) => {
  response.setHeader('x-boot-id', identity.bootId)
  if (request.url === '/healthz') return answer(response, 200, 'application/json', JSON.stringify(identity))
  if (inHand < connections) return serve(response)
  if (queue.length < queueMax) return queue.push(response)
  // Saturated: say so at once, and let nobody keep the answer.
  response.setHeader('retry-after', '1')
  response.setHeader('cache-control', 'no-store')
  answer(response, 503, 'text/plain', 'busy\n')
})

function serve(response) {
  inHand += 1
  setTimeout(() => {
    inHand -= 1
    const next = queue.shift()
    if (next) serve(next)
    answer(response, 200, 'text/html; charset=utf-8', page())
  }, databaseMs)
}

function answer(response, status, type, body) {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type })
  response.end(body)
}

// Read at request time: a blade kept warm has no volume yet, and gets one without a reboot.
function page() {
  const shelves = volumes().flatMap((volume) => contents(join(dataDirectory, volume.name)))
  const goods = shelves.map((line) => `<li>${line}</li>`).join('')
  return `<!doctype html><title>Shop</title><h1>Shop</h1><ul>${goods || '<li>Opening soon</li>'}</ul>\n`
}

function volumes() {
  return list(dataDirectory).filter((entry) => entry.isDirectory())
}

function contents(directory) {
  const files = list(directory).filter((entry) => entry.isFile())
  return files.flatMap((file) => readFileSync(join(directory, file.name), 'utf8').split('\n').filter(Boolean))
}

// No volume, or taken away this moment, is an empty shelf and never a crash.
function list(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch {
    return []
  }
}

process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})

server.listen(Number(process.env.PORT), '127.0.0.1')
