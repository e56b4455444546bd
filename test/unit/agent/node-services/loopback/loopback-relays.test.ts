import assert from "node:assert/strict";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { LoopbackRelays } from "../../../../../agent/node-services/loopback/loopback-relays.ts";
import type { Protocol } from "../../../../../platform/ip/protocol.ts";
import { parsePort, parseServiceName } from "../../../../../agent/services/service-port-name.ts";
import { parseIpAddress } from "../../../../../platform/ip/address.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { findFreePort } from "../../../../../playground/free-port.ts";
import { FakeClock, settle } from "../../../../support/fake-clock.ts";

const web = parseServiceName("default", "web");

describe("LoopbackRelays", () => {
  let clock: FakeClock;
  let relays: LoopbackRelays;
  let problemChanges: number;
  let nodePort: number;
  let end: AbortController;
  let ended: Promise<void>;
  let closers: (() => void)[];

  beforeEach(async () => {
    clock = new FakeClock();
    problemChanges = 0;
    nodePort = await findFreePort();
    relays = new LoopbackRelays({
      onProblemsChange: () => (problemChanges += 1),
      clock,
      log: silentLogger,
    });
    closers = [];
    end = new AbortController();
    ended = relays.run(end.signal);
  });

  afterEach(async () => {
    end.abort();
    await ended;
    for (const close of closers) close();
  });

  /** Lets the NodePort on both loopback addresses lead to a port of 127.0.0.1; undefined takes it away. */
  async function relayTo(port: number | undefined, protocol: Protocol = "TCP"): Promise<void> {
    const nodePorts = ["::1", "127.0.0.1"].map((address) => ({
      protocol,
      listen: { address: parseIpAddress(address), port: parsePort(nodePort) },
      target: { address: parseIpAddress("127.0.0.1"), port: parsePort(port ?? 1) },
    }));
    relays.set(new Map(port === undefined ? [] : [[web, nodePorts]]));
    // Opening a listener takes turns of the event loop, not time.
    for (let turn = 0; turn < 20; turn += 1) await settle();
  }

  async function startTcpServer(onConnection: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, "127.0.0.1");
    server.on("connection", (socket) => socket.on("error", () => {}));
    closers.push(() => server.close());
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  async function startUdpServer(name: string): Promise<number> {
    const server = createSocket("udp4");
    closers.push(() => server.close());
    server.on("message", (packet, { port }) => {
      server.send(`${name} got ${packet.toString()} from ${port}`, port, "127.0.0.1");
    });
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    return server.address().port;
  }

  function udpClient(type: "udp4" | "udp6"): DatagramSocket {
    const client = createSocket(type);
    closers.push(() => client.close());
    return client;
  }

  /** What comes back when `message` is sent and this half is closed. */
  async function ask(message: string, host = "::1"): Promise<string> {
    const socket = connect({ host, port: nodePort, allowHalfOpen: true });
    socket.end(message);
    return await text(socket);
  }

  it("carries a connection both ways, each half for itself", async () => {
    const port = await startTcpServer((socket) => {
      void text(socket).then((received) => socket.end(`got ${received.length}`));
    });
    await relayTo(port);
    for (const host of ["127.0.0.1", "::1"]) {
      assert.equal(await ask("x".repeat(1_000_000), host), "got 1000000");
    }
  });

  it("carries what the server says before the client closes", async () => {
    await relayTo(await startTcpServer((socket) => socket.end("y".repeat(1_000_000))));
    assert.equal((await ask("")).length, 1_000_000);
  });

  it("resets a connection that no endpoint accepts", async () => {
    await relayTo(await findFreePort());
    await assert.rejects(ask("x"), { code: "ECONNRESET" });
  });

  it("resets the connection to the server when the client resets", async () => {
    const { promise: error, resolve } = Promise.withResolvers<Error>();
    const { promise: connected, resolve: onConnected } = Promise.withResolvers<void>();
    const port = await startTcpServer((socket) =>
      socket.on("error", resolve).once("data", () => onConnected()),
    );
    await relayTo(port);
    const client = connect({ host: "::1", port: nodePort });
    client.write("x");
    await connected;
    client.resetAndDestroy();
    assert.match((await error).message, /ECONNRESET/);
  });

  it("sends new connections to the newest target", async () => {
    await relayTo(await startTcpServer((socket) => socket.end("old")));
    assert.equal(await ask(""), "old");
    await relayTo(await startTcpServer((socket) => socket.end("new")));
    assert.equal(await ask(""), "new");
  });

  it("closes with the NodePort, connections included", async () => {
    await relayTo(await startTcpServer((socket) => socket.write("hello")));
    const client = connect({ host: "::1", port: nodePort });
    await once(client, "data");
    const broken = once(client, "error");
    await relayTo(undefined);
    assert.match(String(await broken), /ECONNRESET/);
    await assert.rejects(ask(""), { code: "ECONNREFUSED" });
  });

  for (const [type, host] of [
    ["udp4", "127.0.0.1"],
    ["udp6", "::1"],
  ] as const) {
    it(`carries UDP packets to ${host} and the answers, one socket for each client`, async () => {
      await relayTo(await startUdpServer("a"), "UDP");
      const answers: string[] = [];
      for (const client of [udpClient(type), udpClient(type)]) {
        for (const message of ["one", "two"]) {
          client.send(message, nodePort, host);
          answers.push(String((await once(client, "message"))[0]));
        }
      }
      const [first, again, second, secondAgain] = answers.map((answer) => answer.split(" ").at(-1));
      assert.deepEqual(
        answers.map((answer) => answer.replace(/ from \d+$/, "")),
        ["a got one", "a got two", "a got one", "a got two"],
      );
      assert.equal(first, again);
      assert.equal(second, secondAgain);
      assert.notEqual(first, second);
    });
  }

  it("gives a UDP client another socket after two silent minutes, and another target at once", async () => {
    const port = await startUdpServer("a");
    await relayTo(port, "UDP");
    const client = udpClient("udp6");
    const answer = async (): Promise<string> => {
      client.send("x", nodePort, "::1");
      return String((await once(client, "message"))[0]);
    };
    const first = await answer();
    await clock.advance(90_000);
    assert.equal(await answer(), first);
    await clock.advance(120_000);
    assert.notEqual(await answer(), first);
    await relayTo(await startUdpServer("b"), "UDP");
    assert.match(await answer(), /^b got/);
  });

  it("reports a NodePort that another program uses, until it is free", async () => {
    const squatter = createServer().listen(nodePort, "::1");
    await once(squatter, "listening");
    await relayTo(await startTcpServer((socket) => socket.end("served")));
    assert.deepEqual(
      relays.problems().map(({ service, field, value }) => `${service} ${field} ${value}`),
      [`default/web spec.ports.nodePort "TCP ::1 port ${nodePort}"`],
    );
    assert.match(relays.problems()[0]?.reason ?? "", /EADDRINUSE/);
    assert.equal(problemChanges, 1);
    squatter.close();
    await once(squatter, "close");
    await clock.advance(5_000);
    for (let turn = 0; turn < 20; turn += 1) await settle();
    assert.deepEqual(relays.problems(), []);
    assert.equal(problemChanges, 2);
    assert.equal(await ask(""), "served");
  });

  it("keeps nothing open of a UDP NodePort that another program has", async () => {
    const squatter = createSocket("udp4").bind(nodePort, "127.0.0.1");
    await once(squatter, "listening");
    closers.push(() => squatter.close());
    await relayTo(8_080, "UDP");
    assert.match(relays.problems()[0]?.reason ?? "", /EADDRINUSE/);
    const before = readdirSync("/proc/self/fd").length;
    for (let retry = 0; retry < 5; retry += 1) {
      await clock.advance(5_000);
      for (let turn = 0; turn < 20; turn += 1) await settle();
    }
    assert.equal(readdirSync("/proc/self/fd").length, before);
  });

  it("reports that SCTP is not served", async () => {
    await relayTo(8_080, "SCTP");
    assert.match(relays.problems()[0]?.reason ?? "", /SCTP/);
  });
});
