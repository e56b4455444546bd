import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { TerminalError } from "../../../../platform/errors.ts";
import { serveHttp, type RouteHandler } from "../../../../platform/http/serve.ts";
import { silentLogger } from "../../../../platform/log.ts";

const routes: Record<string, RouteHandler> = {
  "/healthz": (_request, response) => void response.end("ok"),
  "/fails": () => {
    throw new Error("handler failed");
  },
  "/fails-late": async (_request, response) => {
    response.write("half");
    throw new Error("handler failed");
  },
  "/hangs": () => {},
};

describe("serveHttp", () => {
  let stop: AbortController;
  let port: number;
  let closed: Promise<void>;
  beforeEach(async () => {
    stop = new AbortController();
    ({ port, closed } = await serveHttp({
      address: "127.0.0.1:0",
      routes,
      log: silentLogger,
      signal: stop.signal,
    }));
  });
  afterEach(async () => {
    stop.abort();
    await closed;
  });

  const fetchStatus = (path: string, method = "GET") =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      request({ host: "127.0.0.1", port, path, method }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
      })
        .on("error", reject)
        .end();
    });

  const rows: readonly (readonly [rule: string, path: string, method: string, status: number])[] = [
    ["a route answers", "/healthz", "GET", 200],
    ["a query is ignored", "/healthz?verbose", "GET", 200],
    ["HEAD is answered", "/healthz", "HEAD", 200],
    ["other methods are rejected", "/healthz", "POST", 405],
    ["other paths are not found", "/healthz/", "GET", 404],
    ["a property of every object is not a route", "/../constructor", "GET", 404],
    ["if a handler throws, the answer is 500", "/fails", "GET", 500],
  ];
  for (const [rule, path, method, status] of rows) {
    it(rule, async () => assert.equal((await fetchStatus(path, method)).status, status));
  }

  it("a handler that fails after its first data breaks the connection, so that the answer does not look complete", async () => {
    await assert.rejects(fetchStatus("/fails-late"));
  });

  it("closes when aborted, even during requests", async () => {
    const hanging = assert.rejects(fetchStatus("/hangs"));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    stop.abort();
    await closed;
    await hanging;
  });

  it("rejects an address that is already in use, and reports it", async () => {
    const address = `127.0.0.1:${port}`;
    await assert.rejects(
      serveHttp({ address, routes, log: silentLogger, signal: stop.signal }),
      (error) =>
        error instanceof TerminalError && error.message.includes(address) && /EADDRINUSE/.test(error.message),
    );
  });

  for (const address of [
    "",
    "localhost",
    "127.0.0.1:",
    ":10249",
    "127.0.0.1:65536",
    "::1:80",
    "a/b:80",
    "a:80/x",
    "u@a:80",
  ]) {
    it(`rejects ${JSON.stringify(address)} as an address`, async () => {
      await assert.rejects(
        serveHttp({ address, routes, log: silentLogger, signal: stop.signal }),
        TerminalError,
      );
    });
  }

  it("listens on IPv6 addresses and the default port of http", async () => {
    const local = new AbortController();
    const server = await serveHttp({ address: "[::1]:0", routes, log: silentLogger, signal: local.signal });
    assert.ok(server.port > 0);
    local.abort();
    await server.closed;
  });
});
