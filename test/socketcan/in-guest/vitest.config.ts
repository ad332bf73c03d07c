import { defineConfig } from 'vitest/config'

// One processor in emulation: one worker, and waits ten times as long as elsewhere.
export default defineConfig({
  cacheDir: '/run/vite',
  test: {
    include: ['test/socketcan/in-guest/*.test.ts'],
    reporters: ['test/socketcan/in-guest/line-reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    isolate: false,
    pool: 'forks',
  },
})
