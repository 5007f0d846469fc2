// A proxy that can silently stop forwarding.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A proxy to this address and port; ends with the test. */
export async function wireTo(host, port) {
  /** @type {import("node:net").Socket[][]} */
  let pairs = [];
  const server = createServer((near) => {
    const far = connect(port, host);
    pairs.push([near, far]);
    near.pipe(far);
    far.pipe(near);
    for (const end of [near, far]) end.on("error", () => {});
  });
  server.listen(0, host);
  await once(server, "listening");
  return {
    url: `http://${host}:${server.address().port}`,
    /** Stops forwarding on open connections without closing them. Later connections work. */
    swallow() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
      pairs = [];
    },
    close() {
      server.close();
      for (const end of pairs.flat()) end.destroy();
    },
  };
}
