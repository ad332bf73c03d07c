import { createMemoryStore } from '../../src/store/memory-store.ts'
import { storeContract } from './store.ts'

storeContract('memory', () => {
  const store = createMemoryStore()
  return { store, close: store.close }
})
