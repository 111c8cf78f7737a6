import type { Socket } from "node:net";

const LONGEST = 8192;

/**
 * The next line of a socket, without swallowing what follows it: the rest goes back into the stream. Rejects when the
 * line is longer than 8 KB, the socket ends, or `milliseconds` pass.
 */
export function nextLine(socket: Socket, milliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let held = Buffer.alloc(0);
    const timer = setTimeout(() => finish(new Error("the other side said nothing in time")), milliseconds);
    function finish(result: Error | string, rest?: Buffer): void {
      clearTimeout(timer);
      socket.off("data", received).off("end", ended).off("close", ended).off("error", finish);
      socket.pause();
      if (rest !== undefined && rest.length > 0) socket.unshift(rest);
      if (typeof result === "string") resolve(result);
      else reject(result);
    }
    function ended(): void {
      finish(new Error("the connection was closed"));
    }
    function received(chunk: Buffer): void {
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf(10);
      if (end >= 0) finish(held.subarray(0, end).toString("utf8"), held.subarray(end + 1));
      else if (held.length > LONGEST) finish(new Error("the first line is too long"));
    }
    socket.on("data", received).on("end", ended).on("close", ended).on("error", finish);
    socket.resume();
  });
}
