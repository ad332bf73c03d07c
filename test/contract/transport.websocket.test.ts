import { transportContract } from './transport.ts'
import { openWebSocketSite } from './web-socket-site.ts'

transportContract('websocket', () => openWebSocketSite(['c01-s01', 'c01-s02']))
