import { defineConfig } from 'vitest/config'

// Real processes, sockets and files; one file at a time, because two farms on two cores measure each other.
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
