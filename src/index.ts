// What embedders use. Machines, the simulator and the channels have entries of their own: bladewright/machines, /testing, /transport.
export {
  ConfigError,
  type ErrorCode,
  type ErrorEntry,
  errorTable,
  InvariantError,
  isErrorCode,
  ProtocolError,
  TransportError,
} from './errors.ts'
export type { Log } from './ports/log.ts'
export { loadFarmConfig } from './processes/farm-file.ts'
export { type Farm, type StartFarmOptions, startFarm } from './processes/start-farm.ts'
export type { BladeId, DecisionId, GroupId, MoveId, NodeId, RoleId, SiteId } from './protocol/ids.ts'
export type { MoveCause, Placement, Reason } from './protocol/messages.ts'
export { type ConfigProblem, type FarmConfig, type ParsedFarm, parseFarmConfig } from './runtime/farm-config.ts'
export type { FarmEvent, MoveAnswer } from './runtime/farm-control.ts'
export type {
  AlarmStatus,
  BladeStatus,
  BoardFacts,
  DecisionRecord,
  DecisionSummary,
  FarmStatus,
  GroupStatus,
  MasterStatus,
  MoveRecord,
  MoveStatus,
  ProcessStatus,
  RoleStatus,
  StepRecord,
  TrafficStatus,
  WithoutRedundancy,
} from './runtime/farm-status.ts'
