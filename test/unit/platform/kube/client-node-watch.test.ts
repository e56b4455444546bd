import assert from "node:assert/strict";
import type { WatchEvent } from "../../../../platform/kube/api-client.ts";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { added, RecordingServer, status } from "./recording-server.ts";

const { services } = resources;

describe("watches of createApiClient", () => {
  let server: RecordingServer;

  beforeEach(async () => {
    server = await RecordingServer.start();
  });

  afterEach(() => server.stop());

  /** Watches Services; each event's name lands in `names`. */
  function watch(
    overrides: { idleTimeoutMs?: number; onOpen?: () => void; onEvent?: (event: WatchEvent) => void } = {},
  ) {
    const stop = new AbortController();
    const names: string[] = [];
    const done = server.client.watch(services, {
      labelSelector: "!headless",
      resourceVersion: "5",
      timeoutSeconds: 300,
      idleTimeoutMs: 5_000,
      signal: stop.signal,
      onEvent: ({ object }) => names.push(object.metadata.name),
      ...overrides,
    });
    return { done, names, stop };
  }

  it("ask for bookmarks and pass their parameters", async () => {
    server.answers.push((response) => response.end());
    await watch().done;
    assert.deepEqual(Object.fromEntries(server.received[0]?.url.searchParams ?? []), {
      watch: "true",
      allowWatchBookmarks: "true",
      labelSelector: "!headless",
      resourceVersion: "5",
      timeoutSeconds: "300",
    });
  });

  it("ask for NotOlderThan with initial events, as the API server demands", async () => {
    server.answers.push((response) => response.end());
    await server.client.watch(services, {
      sendInitialEvents: true,
      timeoutSeconds: 300,
      idleTimeoutMs: 5_000,
      signal: new AbortController().signal,
      onEvent: () => {},
    });
    assert.equal(server.received[0]?.url.searchParams.get("sendInitialEvents"), "true");
    assert.equal(server.received[0]?.url.searchParams.get("resourceVersionMatch"), "NotOlderThan");
  });

  it("resolve when the server ends the stream", async () => {
    server.answers.push((response) => response.end(added("a") + added("b")));
    const { done, names } = watch();
    await done;
    assert.deepEqual(names, ["a", "b"]);
  });

  it("put together characters and lines cut anywhere, and keep U+2028", async () => {
    const name = "é\u2028😀";
    server.answers.push((response) => {
      const bytes = Buffer.from(added(name) + added("z"));
      void (async () => {
        for (const byte of bytes) {
          response.write(Buffer.of(byte));
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
        }
        response.end();
      })();
    });
    const { done, names } = watch();
    await done;
    assert.deepEqual(names, [name, "z"]);
  });

  it("tell when the server has accepted them", async () => {
    const opened = Promise.withResolvers<void>();
    server.answers.push((response) => response.writeHead(200).flushHeaders());
    const { done, stop } = watch({ onOpen: opened.resolve });
    await opened.promise;
    stop.abort();
    await assert.rejects(done);
  });

  it("reject and close the connection when aborted", async () => {
    const closed = Promise.withResolvers<void>();
    server.answers.push((response) => {
      response.on("close", closed.resolve);
      response.write(added("a"));
    });
    const { done, stop } = watch({ onEvent: () => stop.abort() });
    await assert.rejects(done);
    await closed.promise;
  });

  it("reject at once when aborted before", async () => {
    const signal = AbortSignal.abort();
    const options = { timeoutSeconds: 300, idleTimeoutMs: 5_000, signal, onEvent: () => {} };
    await assert.rejects(server.client.watch(services, options));
    assert.equal(server.received.length, 0);
  });

  it("reject when the connection stays silent before the answer", async () => {
    server.answers.push(() => {});
    await assert.rejects(watch({ idleTimeoutMs: 50 }).done, /no data for 50 ms/);
  });

  it("reject when the connection falls silent in the stream", async () => {
    server.answers.push((response) => response.write(added("a")));
    const { done, names } = watch({ idleTimeoutMs: 50 });
    await assert.rejects(done, /no data for 50 ms/);
    assert.deepEqual(names, ["a"]);
  });

  it("reject when the connection breaks in the middle of a line", async () => {
    server.answers.push((response) => {
      response.write(added("a") + '{"type":"ADD');
      setImmediate(() => response.destroy());
    });
    const { done } = watch();
    await assert.rejects(done);
  });

  it("reject with the refusal", async () => {
    server.answers.push(status(410, "Expired"));
    await assert.rejects(watch().done, (error) => error instanceof ApiError && error.statusCode === 410);
  });

  it("reject with what onOpen throws, and close the connection", async () => {
    const failure = new Error("from onOpen");
    const closed = Promise.withResolvers<void>();
    server.answers.push((response) => {
      response.on("close", closed.resolve);
      response.write(added("a"));
    });
    const onOpen = () => {
      throw failure;
    };
    await assert.rejects(watch({ onOpen }).done, failure);
    await closed.promise;
  });

  it("reject when a line is not JSON", async () => {
    server.answers.push((response) => response.write("oops\n"));
    await assert.rejects(watch().done, SyntaxError);
  });

  it("reject with what onEvent throws, and hear nothing after it", async () => {
    const failure = new Error("from onEvent");
    let events = 0;
    server.answers.push((response) => response.write(added("a") + added("b")));
    const { done } = watch({
      onEvent: () => {
        events += 1;
        throw failure;
      },
    });
    await assert.rejects(done, failure);
    assert.equal(events, 1);
  });
});
