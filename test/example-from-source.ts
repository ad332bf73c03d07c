// Lets the programs of examples/ run on the sources under their published name: `node --import ./test/example-from-source.ts examples/…`.
import { registerHooks } from 'node:module'

const entries = new Map([['bladewright/testing/failover', '../src/testing/failover-model.ts']])

registerHooks({
  resolve(specifier, context, next) {
    const entry = entries.get(specifier)
    return next(entry === undefined ? specifier : new URL(entry, import.meta.url).href, context)
  },
})
