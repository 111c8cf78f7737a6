import type { Duplex } from "node:stream";

/**
 * Listens to nobody who does not read: what he asks meanwhile waits on his side, and answers do not pile up here. What
 * came in one piece before that is still answered.
 */
export function pauseWhileUnread(connection: Duplex): void {
  connection.on("data", () => {
    if (!connection.writableNeedDrain) return;
    connection.pause();
    connection.once("drain", () => connection.resume());
  });
}
