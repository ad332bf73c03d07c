import { defineConfig } from 'vitest/config'

// Node only, fixed seeds, no real time in unit tests. Real processes are tested by vitest.real.config.ts, a real CAN by vitest.socketcan.config.ts.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'test/socketcan/**', 'node_modules/**'],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
})
