/** A field on the wire: the bytes of a length-delimited field, or the value of a varint. */
export interface WireField {
  readonly number: number;
  readonly value: Buffer | number;
}

/** The bytes are not a protobuf message, or it has fields of fixed size, which are rare in the Kubernetes API. */
export class WireFormatError extends Error {
  override readonly name = "WireFormatError";
}

/** @throws WireFormatError */
export function* readFields(message: Buffer): Generator<WireField> {
  let position = 0;
  const readVarint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[position];
      if (byte === undefined || shift > 63n) throw new WireFormatError("a number is incomplete");
      position += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  while (position < message.length) {
    const tag = readVarint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: readVarint() };
        break;
      case 2: {
        const end = readVarint() + position;
        if (end < position || end > message.length) throw new WireFormatError("a field is incomplete");
        yield { number, value: message.subarray(position, end) };
        position = end;
        break;
      }
      default:
        throw new WireFormatError(`field ${number} has an unsupported type`);
    }
  }
}

/** The bytes of the first field with the number; empty if it is missing. */
export function bytesOf(fields: readonly WireField[], number: number): Buffer {
  const value = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

/** Whether the value is empty: 0, no bytes, or a message of empty values. Go writes many of them. */
export function isZero(value: Buffer | number): boolean {
  if (typeof value === "number") return value === 0;
  try {
    return [...readFields(value)].every((field) => isZero(field.value));
  } catch (error) {
    if (error instanceof WireFormatError) return false;
    throw error;
  }
}
