import { defineConfig } from 'vitest/config'

// A kernel that has CAN, in emulation. The guest tells how its tests went: test/socketcan/socketcan.test.ts.
export default defineConfig({
  test: {
    include: ['test/socketcan/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
})
