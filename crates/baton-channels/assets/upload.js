// @ts-check
// Uploads one file before the message that names the file. Uses no `fetch`, because `fetch` reports no progress.

import { Refused } from "./api.js";

/**
 * @param {{ name: string, domain: string, entity?: string }} where
 * @param {Blob} content
 * @param {(part: number) => void} progress  0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<{ file: string, name: string, size: number }>}
 */
export function upload(where, content, progress, signal) {
  const request = new XMLHttpRequest();
  request.open("POST", `/api/files?${new URLSearchParams(where)}`);
  request.setRequestHeader("content-type", "application/octet-stream");
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => progress(total > 0 ? loaded / total : 1));
  signal.addEventListener("abort", () => request.abort(), { once: true });
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => {
      const said = request.response ?? {};
      if (request.status === 201) return resolve(said);
      const after = Number(request.getResponseHeader("retry-after")) || 0;
      reject(new Refused(request.status, said.message ?? `the server answered ${request.status}`, after));
    });
    request.addEventListener("error", () => reject(new Error("there is no connection, or the file cannot be read")));
    request.addEventListener("abort", () => reject(new DOMException("removed", "AbortError")));
    request.send(content);
  });
}
