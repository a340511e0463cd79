// Run by Vitest for every test file in Node: no file inherits buffers or a failed device from the one before it.
import { afterAll } from 'vitest';
import { leaveTestGpu } from './gpu.ts';

afterAll(leaveTestGpu);
