/** One message of the kernel's netlink protocol, without its header. */
export interface NetlinkMessage {
  /** Subsystem in the high byte, message type in the low one. */
  readonly type: number;
  readonly payload: Buffer;
}

/** The input is not a valid stream of netlink messages; the message boundary is lost. */
export class NetlinkSyntaxError extends Error {
  override readonly name = "NetlinkSyntaxError";
}

const headerLength = 16;
const attributeHeaderLength = 4;
/** The two high bits of an attribute's type are flags: NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const attributeTypeMask = 0x3fff;

/**
 * Splits a stream of netlink messages. Lengths and types are in the byte order of the machine, which is little-endian
 * wherever the agent runs.
 */
export class NetlinkStream {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The messages that `chunk` completes; the rest is kept until the next chunk.
   * @throws {NetlinkSyntaxError}
   */
  *push(chunk: Buffer): Generator<NetlinkMessage> {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    while (data.length - start >= headerLength) {
      const length = data.readUInt32LE(start);
      if (length < headerLength) throw new NetlinkSyntaxError(`a netlink message of ${length} bytes`);
      if (length > data.length - start) break;
      yield {
        type: data.readUInt16LE(start + 4),
        payload: data.subarray(start + headerLength, start + length),
      };
      start += align(length);
    }
    this.#rest = data.subarray(start);
  }
}

/**
 * The attributes in `data` by type; the last of several with the same type.
 * @throws {NetlinkSyntaxError}
 */
export function readAttributes(data: Buffer): ReadonlyMap<number, Buffer> {
  return new Map(listAttributes(data));
}

/**
 * The attributes in `data`, in order: type and value.
 * @throws {NetlinkSyntaxError}
 */
export function* listAttributes(data: Buffer): Generator<readonly [number, Buffer]> {
  for (let start = 0; data.length - start >= attributeHeaderLength;) {
    const length = data.readUInt16LE(start);
    if (length < attributeHeaderLength || length > data.length - start) {
      throw new NetlinkSyntaxError(`a netlink attribute of ${length} bytes`);
    }
    yield [
      data.readUInt16LE(start + 2) & attributeTypeMask,
      data.subarray(start + attributeHeaderLength, start + length),
    ];
    start += align(length);
  }
}

/** Reads text as the kernel writes it, with a zero byte at its end. */
export function readText(value: Buffer): string {
  const end = value.indexOf(0);
  return value.toString("latin1", 0, end < 0 ? value.length : end);
}

function align(length: number): number {
  return (length + 3) & ~3;
}
