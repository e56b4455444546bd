import type { CommandRunner } from "../command/command.ts";

/**
 * socat as a netlink socket: domain AF_NETLINK, type SOCK_RAW, protocol NETLINK_NETFILTER, bound to the group
 * NFNLGRP_NFTABLES. Its receive buffer is 64 MiB (SO_RCVBUFFORCE), which holds the events of a transaction of 100,000
 * elements; on overflow socat ends. It also ends when its standard input ends, so it never outlives the agent.
 */
const socatArguments = [
  "-dd",
  "-b65536",
  "-t0.01",
  "STDIO",
  "SOCKET-DATAGRAM:16:3:12:x0000x00000000x00000000,bind=x0000x00000000x40000000,setsockopt-listen=1:33:i33554432",
];
const openMarker = "starting data transfer loop";
const keptDiagnostics = 2_000;

export interface NetlinkSocketOptions {
  readonly commands: CommandRunner;
  /** Messages arrive from now on. */
  readonly onOpen: () => void;
  /** The kernel's messages about nftables, split at any point. */
  readonly onBytes: (bytes: Buffer) => void;
  /** After it aborts, no callback is called. */
  readonly signal: AbortSignal;
}

/** Listens until `signal` aborts or the connection breaks. Resolves with the reason; never rejects. */
export async function listenToNftables(options: NetlinkSocketOptions): Promise<string> {
  const { commands, onOpen, onBytes, signal } = options;
  const readDiagnostics = callWhenOpen(onOpen);
  const socat = commands.start("socat", socatArguments, {
    encoding: "latin1",
    onStdout(bytes) {
      if (!signal.aborted) onBytes(Buffer.from(bytes, "latin1"));
    },
    onStderr(text) {
      if (!signal.aborted) readDiagnostics(text);
    },
  });
  const stop = (): void => void socat.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const reason = await socat.ended;
  signal.removeEventListener("abort", stop);
  return reason;
}

/** Reads socat's log and calls `onOpen` when it is connected. */
function callWhenOpen(onOpen: () => void): (text: string) => void {
  let diagnostics: string | undefined = "";
  return (text) => {
    if (diagnostics === undefined) return;
    diagnostics = (diagnostics + text).slice(-keptDiagnostics);
    if (!diagnostics.includes(openMarker)) return;
    diagnostics = undefined;
    onOpen();
  };
}
