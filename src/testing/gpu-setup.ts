// Run by Vitest for every test file in Node, so that no file inherits buffers or a failed device from the previous one.
import { afterAll } from 'vitest';
import { leaveTestGpu } from './gpu.ts';

afterAll(leaveTestGpu);
