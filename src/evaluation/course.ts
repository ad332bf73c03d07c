// The course of demand and capacity, coarse enough to be drawn: in each stretch of time the most demand, and the least and most capacity.
import type { World } from './world.ts'

export interface Course {
  readonly points: readonly CoursePoint[]
}

export interface CoursePoint {
  /** In blades. */
  readonly demand: number
  readonly least: number
  readonly most: number
  /** The most that was not served at once. */
  readonly short: number
}

export interface CourseRecorder {
  /** Once each tick. */
  note(world: World): void
  /** By account; none when no points were asked for. */
  ended(): readonly Course[]
}

export function createCourse(accounts: number, ticks: number, points: number): CourseRecorder {
  if (points <= 0) return { note() {}, ended: () => [] }
  const count = Math.min(points, ticks)
  const courses = Array.from({ length: accounts }, () => new Array<CoursePoint | undefined>(count).fill(undefined))
  return {
    note(world) {
      const at = Math.floor((world.tick * count) / ticks)
      for (const [account, course] of courses.entries()) {
        const [demand, joined, before] = [world.demand(account), world.joined(account), course[at]]
        course[at] = {
          demand: Math.max(before?.demand ?? 0, demand),
          least: Math.min(before?.least ?? joined, joined),
          most: Math.max(before?.most ?? 0, joined),
          short: Math.max(before?.short ?? 0, demand - joined),
        }
      }
    },
    ended: () => courses.map((course) => ({ points: course.flatMap((point) => point ?? []) })),
  }
}
