import { KubeConfig } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { ApiClient, WatchEvent } from "../../../../platform/kube/api-client.ts";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { createApiClient } from "../../../../platform/kube/client-node.ts";
import { resources } from "../../../../platform/kube/resources.ts";

const { services, nodes, endpointSlices } = resources;

interface Received {
  readonly method: string | undefined;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Answer = (response: ServerResponse, request: Received) => void;

function json(body: unknown, statusCode = 200, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response
      .writeHead(statusCode, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(body));
  };
}

function status(code: number, reason: string, details?: object): Answer {
  return json(
    { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `told ${reason}`, details },
    code,
  );
}

const page = (name: string, next?: string) =>
  json({ metadata: { resourceVersion: "7", continue: next }, items: [{ metadata: { name } }] });

const added = (name: string) => `${JSON.stringify({ type: "ADDED", object: { metadata: { name } } })}\n`;

describe("createApiClient", () => {
  let server: Server;
  let sockets: Set<Socket>;
  let received: Received[];
  let answers: Answer[];
  let client: ApiClient;

  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const { method, headers } = request;
    const one: Received = { method, url: new URL(request.url ?? "", "http://server"), headers, body };
    received.push(one);
    (answers.shift() ?? json({}))(response, one);
  };

  beforeEach(async () => {
    sockets = new Set();
    received = [];
    answers = [];
    server = createServer((request, response) => {
      void receive(request, response);
    });
    server.on("connection", (socket) => {
      sockets.add(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    client = createApiClient(kubeConfigFor(portOf(server)), { userAgent: "kubesteer-test/1" });
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const refusal = async (answer: Answer): Promise<ApiError> => {
    answers.push(answer);
    try {
      await client.update(nodes, { metadata: { name: "node-1" } });
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
    throw new assert.AssertionError({ message: "was not refused" });
  };

  /** Watches Services; each event's name lands in `names`. */
  function watch(
    overrides: { idleTimeoutMs?: number; onOpen?: () => void; onEvent?: (event: WatchEvent) => void } = {},
  ) {
    const stop = new AbortController();
    const names: string[] = [];
    const done = client.watch(services, {
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

  describe("requests", () => {
    const slice = { metadata: { name: "web-1", namespace: "shop" } };
    const ref = { resource: endpointSlices, namespace: "shop", name: "web-1" };
    const collection = "/base/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";
    const rows: readonly {
      readonly rule: string;
      readonly call: () => Promise<unknown>;
      readonly method: string;
      readonly path: string;
      readonly contentType?: string;
      readonly body?: unknown;
    }[] = [
      { rule: "get", call: () => client.get(ref), method: "GET", path: `${collection}/web-1` },
      {
        rule: "get of a cluster-scoped core object",
        call: () => client.get({ resource: nodes, name: "node-1" }),
        method: "GET",
        path: "/base/api/v1/nodes/node-1",
      },
      {
        rule: "a name cannot leave its place in the path",
        call: () => client.get({ resource: nodes, name: "../pods?x#y" }),
        method: "GET",
        path: "/base/api/v1/nodes/..%2Fpods%3Fx%23y",
      },
      {
        rule: "create",
        call: () => client.create(endpointSlices, slice),
        method: "POST",
        path: collection,
        contentType: "application/json",
        body: slice,
      },
      {
        rule: "update",
        call: () => client.update(endpointSlices, slice),
        method: "PUT",
        path: `${collection}/web-1`,
        contentType: "application/json",
        body: slice,
      },
      {
        rule: "merge patch of the status",
        call: () => client.mergePatch(ref, { status: null }, { subresource: "status" }),
        method: "PATCH",
        path: `${collection}/web-1/status`,
        contentType: "application/merge-patch+json",
        body: { status: null },
      },
      {
        rule: "apply is server-side and forced",
        call: () => client.apply(endpointSlices, slice, { fieldManager: "tester" }),
        method: "PATCH",
        path: `${collection}/web-1?fieldManager=tester&force=true`,
        contentType: "application/apply-patch+yaml",
        body: slice,
      },
      {
        rule: "delete with a uid precondition",
        call: () => client.delete(ref, { uid: "u-1" }),
        method: "DELETE",
        path: `${collection}/web-1`,
        contentType: "application/json",
        body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "u-1" } },
      },
    ];
    for (const { rule, call, method, path, contentType, body } of rows) {
      it(rule, async () => {
        await call();
        const [request] = received;
        assert.equal(request?.method, method);
        assert.equal(`${request.url.pathname}${request.url.search}`, path);
        assert.equal(request.headers["content-type"], contentType);
        assert.deepEqual(request.body === "" ? undefined : JSON.parse(request.body), body);
        assert.equal(request.headers.authorization, "Bearer secret");
        assert.equal(request.headers["user-agent"], "kubesteer-test/1");
      });
    }

    it("one after the other use one connection", async () => {
      for (let count = 0; count < 10; count += 1) await client.get(ref);
      assert.equal(sockets.size, 1);
    });

    it("are aborted by their signal", async () => {
      const stop = new AbortController();
      answers.push(() => stop.abort());
      await assert.rejects(client.get(ref, { signal: stop.signal }));
    });

    it("name method and address when the server cannot be reached", async () => {
      const closed = createServer();
      closed.listen(0, "127.0.0.1");
      await once(closed, "listening");
      const port = portOf(closed);
      closed.close();
      await once(closed, "close");
      const unreachable = createApiClient(kubeConfigFor(port), { userAgent: "kubesteer-test/1" });
      await assert.rejects(
        unreachable.get({ resource: nodes, name: "node-1" }),
        (error) =>
          error instanceof Error &&
          error.message.includes(`GET http://127.0.0.1:${port}/base/api/v1/nodes/node-1`),
      );
    });
  });

  describe("lists", () => {
    it("take all pages", async () => {
      answers.push(page("a", "token-1"), page("b"));
      const list = await client.list(services, { labelSelector: "!headless" });
      assert.deepEqual(
        list.items.map(({ metadata }) => metadata.name),
        ["a", "b"],
      );
      assert.equal(list.resourceVersion, "7");
      assert.deepEqual(
        received.map(({ url }) => url.search),
        ["?labelSelector=%21headless&limit=500", "?labelSelector=%21headless&limit=500&continue=token-1"],
      );
    });

    it("start again in one piece when the server forgot the snapshot between two pages", async () => {
      answers.push(page("a", "token-1"), status(410, "Expired"), page("whole"));
      const list = await client.list(services);
      assert.deepEqual(
        list.items.map(({ metadata }) => metadata.name),
        ["whole"],
      );
      assert.equal(received[2]?.url.search, "");
    });
  });

  describe("refusals", () => {
    it("carry status code, reason and message", async () => {
      const error = await refusal(status(409, "Conflict"));
      assert.equal(error.statusCode, 409);
      assert.equal(error.reason, "Conflict");
      assert.equal(error.message, "told Conflict");
    });

    it("carry how long to stay away, from the Status", async () => {
      assert.equal(
        (await refusal(status(429, "TooManyRequests", { retryAfterSeconds: 3 }))).retryAfterSeconds,
        3,
      );
    });

    it("carry how long to stay away, from the header", async () => {
      assert.equal((await refusal(json({}, 503, { "retry-after": "9" }))).retryAfterSeconds, 9);
    });

    it("by something that is no API server quote its first line", async () => {
      const error = await refusal((response) => response.writeHead(502).end("\nbad gateway\nmore"));
      assert.equal(error.statusCode, 502);
      assert.equal(error.reason, "");
      assert.match(error.message, /HTTP 502: bad gateway$/);
    });

    it("NotFound is undefined for get and false for delete", async () => {
      answers.push(status(404, "NotFound"), status(404, "NotFound"));
      assert.equal(await client.get({ resource: nodes, name: "node-1" }), undefined);
      assert.equal(await client.delete({ resource: nodes, name: "node-1" }), false);
    });
  });

  describe("watches", () => {
    it("ask for bookmarks and pass their parameters", async () => {
      answers.push((response) => response.end());
      await watch().done;
      assert.deepEqual(Object.fromEntries(received[0]?.url.searchParams ?? []), {
        watch: "true",
        allowWatchBookmarks: "true",
        labelSelector: "!headless",
        resourceVersion: "5",
        timeoutSeconds: "300",
      });
    });

    it("ask for NotOlderThan with initial events, as the API server demands", async () => {
      answers.push((response) => response.end());
      await client.watch(services, {
        sendInitialEvents: true,
        timeoutSeconds: 300,
        idleTimeoutMs: 5_000,
        signal: new AbortController().signal,
        onEvent: () => {},
      });
      assert.equal(received[0]?.url.searchParams.get("sendInitialEvents"), "true");
      assert.equal(received[0]?.url.searchParams.get("resourceVersionMatch"), "NotOlderThan");
    });

    it("resolve when the server ends the stream", async () => {
      answers.push((response) => response.end(added("a") + added("b")));
      const { done, names } = watch();
      await done;
      assert.deepEqual(names, ["a", "b"]);
    });

    it("put together characters and lines cut anywhere, and keep U+2028", async () => {
      const name = "é\u2028😀";
      answers.push((response) => {
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
      answers.push((response) => response.writeHead(200).flushHeaders());
      const { done, stop } = watch({ onOpen: opened.resolve });
      await opened.promise;
      stop.abort();
      await assert.rejects(done);
    });

    it("reject and close the connection when aborted", async () => {
      const closed = Promise.withResolvers<void>();
      answers.push((response) => {
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
      await assert.rejects(client.watch(services, options));
      assert.equal(received.length, 0);
    });

    it("reject when the connection stays silent before the answer", async () => {
      answers.push(() => {});
      await assert.rejects(watch({ idleTimeoutMs: 50 }).done, /no data for 50 ms/);
    });

    it("reject when the connection falls silent in the stream", async () => {
      answers.push((response) => response.write(added("a")));
      const { done, names } = watch({ idleTimeoutMs: 50 });
      await assert.rejects(done, /no data for 50 ms/);
      assert.deepEqual(names, ["a"]);
    });

    it("reject when the connection breaks in the middle of a line", async () => {
      answers.push((response) => {
        response.write(added("a") + '{"type":"ADD');
        setImmediate(() => response.destroy());
      });
      const { done } = watch();
      await assert.rejects(done);
    });

    it("reject with the refusal", async () => {
      answers.push(status(410, "Expired"));
      await assert.rejects(watch().done, (error) => error instanceof ApiError && error.statusCode === 410);
    });

    it("reject with what onOpen throws, and close the connection", async () => {
      const failure = new Error("from onOpen");
      const closed = Promise.withResolvers<void>();
      answers.push((response) => {
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
      answers.push((response) => response.write("oops\n"));
      await assert.rejects(watch().done, SyntaxError);
    });

    it("reject with what onEvent throws, and hear nothing after it", async () => {
      const failure = new Error("from onEvent");
      let events = 0;
      answers.push((response) => response.write(added("a") + added("b")));
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
});

function kubeConfigFor(port: number): KubeConfig {
  const kubeConfig = new KubeConfig();
  // a path in front of the API, as proxies such as Rancher have it
  kubeConfig.loadFromClusterAndUser(
    { name: "test", server: `http://127.0.0.1:${port}/base`, skipTLSVerify: true },
    { name: "tester", token: "secret" },
  );
  return kubeConfig;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
