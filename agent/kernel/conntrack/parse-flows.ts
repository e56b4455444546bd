import { isIPv6 } from "node:net";
import { type IpAddress, IpSyntaxError, parseIpAddress } from "../../../platform/ip/address.ts";
import type { Protocol } from "../../../platform/ip/protocol.ts";
import { cutText } from "../../../platform/text/cut-text.ts";

/** One entry of the connection table of a protocol that has ports. */
export interface Flow {
  readonly protocol: Protocol;
  /** The kernel's name of the state, such as `ESTABLISHED` or `TIME_WAIT`; undefined for UDP, and for flows that hardware forwards. */
  readonly state: string | undefined;
  /** As the client sent it: its destination is what the client asked for. */
  readonly original: FlowDirection;
  /** As replies arrive: their source is the endpoint that serves, after translation. */
  readonly reply: FlowDirection;
  /** Whether a reply was seen. */
  readonly replied: boolean;
}

/** Ports are 0–65535: a packet from any client may have any port. */
export interface FlowDirection {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

/** `conntrack -L` printed a line that differs from the format in its manual page. */
export class FlowSyntaxError extends Error {
  override readonly name = "FlowSyntaxError";
  readonly line: string;

  constructor(line: string, options?: { readonly cause: unknown }) {
    super(`conntrack printed a line that cannot be read: ${cutText(line, 300)}`, options);
    this.line = line;
  }
}

const protocols: ReadonlyMap<string, Protocol> = new Map([
  ["tcp", "TCP"],
  ["udp", "UDP"],
  ["sctp", "SCTP"],
]);

/**
 * Reads what `conntrack -L` prints without `-o`. Protocols without ports, such as ICMP, are left out; so are flows of
 * addresses that no Service or endpoint can have, such as IPv4-mapped ones.
 * @throws {FlowSyntaxError}
 */
export function* parseFlows(output: string): Generator<Flow> {
  let start = 0;
  while (start < output.length) {
    const newline = output.indexOf("\n", start);
    const end = newline < 0 ? output.length : newline;
    if (end > start) {
      const flow = parseFlow(output.slice(start, end));
      if (flow !== undefined) yield flow;
    }
    start = end + 1;
  }
}

/** `tcp 6 431999 ESTABLISHED src=… dst=… sport=… dport=… src=… dst=… sport=… dport=… [ASSURED] mark=0 use=1` */
function parseFlow(line: string): Flow | undefined {
  const words = line.split(" ").filter((word) => word !== "");
  const protocol = protocols.get(words[0] ?? "");
  if (protocol === undefined) {
    if (/^[a-z][a-z0-9-]* +\d+ /.test(line)) return undefined;
    throw new FlowSyntaxError(line);
  }
  const reply = words.findLastIndex((word) => word.startsWith("src="));
  const original = words.findIndex((word) => word.startsWith("src="));
  if (original === reply) throw new FlowSyntaxError(line);
  try {
    return {
      protocol,
      state: words.slice(1, original).find((word) => /^[A-Z][A-Z0-9_]*$/.test(word)),
      original: parseDirection(words, original),
      reply: parseDirection(words, reply),
      replied: !words.includes("[UNREPLIED]"),
    };
  } catch (error) {
    if (error instanceof IpSyntaxError && isIPv6(error.value)) return undefined;
    throw new FlowSyntaxError(line, { cause: error });
  }
}

/** The four fields from `first` on; conntrack always prints them in this order. */
function parseDirection(words: readonly string[], first: number): FlowDirection {
  const value = (offset: number, key: string): string => {
    const word = words[first + offset] ?? "";
    if (!word.startsWith(`${key}=`)) throw new RangeError(`${key}= is missing`);
    return word.slice(key.length + 1);
  };
  return {
    source: parseIpAddress(value(0, "src")),
    destination: parseIpAddress(value(1, "dst")),
    sourcePort: parsePort(value(2, "sport")),
    destinationPort: parsePort(value(3, "dport")),
  };
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new RangeError(`${text} is not a port`);
}
