// The machines by themselves: to draw them, to explore them with @xstate/graph, to feed them events in a test. Effects are named and
// unprovided; a runtime provides them.
export {
  type BladeContext,
  type BladeEvent,
  type BladeInput,
  bladeMachine,
  type Finding,
} from './blade-machine.ts'
export { type ChannelContext, type ChannelEvent, type ChannelInput, channelMachine } from './channel-machine.ts'
export { type GatewayContext, type GatewayEvent, type GatewayInput, gatewayMachine } from './gateway-machine.ts'
export {
  type GlobalCoordinatorContext,
  type GlobalCoordinatorEvent,
  globalCoordinatorMachine,
} from './global-coordinator-machine.ts'
export { type GroupContext, type GroupEvent, type GroupInput, groupMachine } from './group-machine.ts'
export {
  type HostBoardContext,
  type HostBoardEvent,
  type HostBoardInput,
  hostBoardMachine,
} from './host-board-machine.ts'
export type { KnownSite, Loan } from './loan-book.ts'
export { type LocalDecisionContext, type LocalDecisionEvent, localDecisionMachine } from './local-decision-machine.ts'
export { type MoveContext, type MoveEvent, type MoveInput, moveMachine } from './move-machine.ts'
export {
  type SiteMasterContext,
  type SiteMasterEvent,
  type SiteMasterInput,
  siteMasterMachine,
} from './site-master-machine.ts'
export { unprovidedIn } from './unprovided.ts'
