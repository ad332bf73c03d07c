// An image that starts and never becomes healthy: what the runtime does about it is shown with it.
import { createServer } from 'node:http'

createServer((_request, response) => {
  response.writeHead(500, { 'content-type': 'text/plain' })
  response.end('the configuration of this image is wrong\n')
}).listen(Number(process.env.PORT), '127.0.0.1')
