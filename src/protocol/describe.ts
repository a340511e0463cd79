// What a run takes over from a model, before it starts from it: answered by `describe-end`, or by `failed`.
import type { ModelSource } from '../experiment/document-request.ts';
import type { StartingPoint } from '../experiment/starting-point.ts';

export type { StartingPoint };

export interface DescribeRequest {
  readonly model: ModelSource;
}

export interface DescribeEvent {
  readonly type: 'describe-end';
  readonly model: StartingPoint;
}
