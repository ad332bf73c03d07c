import { defineConfig } from 'vitest/config'

// In emulation: one worker, longer waits, and what is tested is loaded by Node itself, which is quicker than to transform it.
export default defineConfig({
  cacheDir: '/run/vite',
  test: {
    include: ['test/socketcan/in-guest/*.test.ts'],
    reporters: ['test/socketcan/in-guest/line-reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    isolate: false,
    server: { deps: { external: [/\/src\//] } },
    pool: 'forks',
  },
})
