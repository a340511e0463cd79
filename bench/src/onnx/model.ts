// An ONNX model, written node by node in the format's own terms.
// Source: field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { type Bytes, bytes, concatenated, float, integer, message, string } from './protobuf.ts';

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const real = (value: number): Attribute => ({ kind: 'float', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });

/** AttributeProto: name 1, f 2, i 3, ints 8, type 20 (1 float, 2 int, 7 ints). */
function attributeOf(name: string, { kind, value }: Attribute): Bytes {
  const content =
    kind === 'float'
      ? [float(2, value), integer(20, 1)]
      : kind === 'int'
        ? [integer(3, value), integer(20, 2)]
        : [...value.map((v) => integer(8, v)), integer(20, 7)];
  return message(5, string(1, name), ...content);
}

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 } } } }. */
const valueInfo = (field: number, name: string, type: number, shape: readonly number[]): Bytes => {
  const dims = shape.map((n) => message(1, integer(1, n)));
  return message(field, string(1, name), message(2, message(1, integer(1, type), message(2, ...dims))));
};

export class OnnxGraph {
  private readonly nodes: Bytes[] = [];
  private readonly initializers = new Map<string, Bytes>();
  private readonly used = new Set<string>();
  private readonly inputs: Bytes[] = [];
  private readonly outputs: Bytes[] = [];
  private names = 0;

  /** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
  private tensor(type: number, name: string, shape: readonly number[], data: ArrayBufferView): string {
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const dims = shape.map((n) => integer(1, n));
    this.initializers.set(name, message(5, ...dims, integer(2, type), string(8, name), bytes(9, raw)));
    return name;
  }

  weight(name: string, shape: readonly number[], values: Float32Array): string {
    return this.tensor(FLOAT, name, shape, values);
  }

  scalar(value: number): string {
    return this.tensor(FLOAT, `constant_${this.names++}`, [], Float32Array.of(value));
  }

  shape(values: readonly number[]): string {
    return this.tensor(INT64, `shape_${this.names++}`, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. An input that is left out is ''. */
  many(op: string, inputs: readonly string[], count: number, attributes: Record<string, Attribute> = {}, domain = '') {
    const name = `${op}_${this.names++}`;
    for (const input of inputs) this.used.add(input);
    const outputs = Array.from({ length: count }, (_, i) => `${name}_${i}`);
    this.nodes.push(
      message(
        1,
        ...inputs.map((input) => string(1, input)),
        ...outputs.map((output) => string(2, output)),
        string(3, name),
        string(4, op),
        ...Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
        ...(domain ? [string(7, domain)] : []),
      ),
    );
    return outputs;
  }

  node(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, domain = ''): string {
    return this.many(op, inputs, 1, attributes, domain)[0] ?? '';
  }

  input(name: string, shape: readonly number[]): string {
    this.inputs.push(valueInfo(11, name, INT32, shape));
    return name;
  }

  /** Output `value` under this name. */
  output(name: string, value: string, shape: readonly number[]): void {
    this.nodes.push(message(1, string(1, value), string(2, name), string(3, name), string(4, 'Identity')));
    this.outputs.push(valueInfo(12, name, FLOAT, shape));
  }

  /** ModelProto: ir_version 1, producer_name 2, graph 7 { name 2 }, opset_import 8 { domain 1, version 2 }. */
  bytes(): Uint8Array<ArrayBuffer> {
    const opset = (domain: string, version: number) => message(8, string(1, domain), integer(2, version));
    const { nodes, inputs, outputs } = this;
    const initializers = [...this.initializers].filter(([name]) => this.used.has(name)).map(([, tensor]) => tensor);
    const graph = message(7, ...nodes, string(2, 'encoder'), ...initializers, ...inputs, ...outputs);
    return concatenated(
      [integer(1, 8), string(2, 'rmt-playground bench'), graph, opset('', 17), opset('com.microsoft', 1)].flat(),
    );
  }
}
