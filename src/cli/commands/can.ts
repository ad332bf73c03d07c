// What a person does with CAN frames and buses: `bladewright can …`. Each is a command of its own with a name of two words.
import type { Command } from '../command.ts'

export const canCommands: readonly Command[] = []
