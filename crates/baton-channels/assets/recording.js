// @ts-check
// Records a voice message. The recording becomes a file of the message in the text field.

import { say } from "./announce.js";

/** The formats, best first, and the ending of the file for each. @type {[string, string][]} */
const FORMATS = [["audio/ogg;codecs=opus", "ogg"], ["audio/webm;codecs=opus", "webm"], ["audio/mp4", "m4a"]];

/** The longest recording, in milliseconds. */
const LONGEST = 15 * 60 * 1000;

/**
 * Shows the button where this browser can record. Over plain HTTP, browsers offer the microphone to pages on
 * loopback only, so elsewhere the button stays hidden.
 * @param {object} page
 * @param {(files: File[]) => void} page.add
 * @param {(words: string, mood: "" | "wrong") => void} page.tell
 */
export function offerRecording(page) {
  const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("record"));
  const can = "MediaRecorder" in globalThis && navigator.mediaDevices?.getUserMedia !== undefined;
  const format = can ? FORMATS.find(([type]) => MediaRecorder.isTypeSupported(type)) : undefined;
  /** Ends the recording that runs. @type {(() => Promise<void>) | null} */
  let end = null;
  let busy = false;

  /** @param {number | null} since  the start of the recording; null while nothing records */
  function show(since) {
    if (!button) return;
    const recording = since !== null;
    // The name stays the same, because screen readers read the state too.
    button.setAttribute("aria-pressed", String(recording));
    button.title = recording ? "Stop recording" : "Record a voice message";
    const clock = button.querySelector(".clock");
    if (clock) clock.textContent = recording ? duration(performance.now() - since) : "";
  }

  /** @param {string} mimeType @param {string} ending */
  async function begin(mimeType, ending) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const recorder = new MediaRecorder(stream, { mimeType });
    /** @type {Blob[]} */
    const parts = [];
    const since = performance.now();
    const timer = setInterval(() => (performance.now() - since < LONGEST ? show(since) : void end?.()), 250);
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    const added = new Promise((resolve) => recorder.addEventListener("stop", () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      end = null;
      show(null);
      page.tell("", "");
      const file = new File(parts, `voice-message.${ending}`, { type: mimeType });
      if (file.size > 0) page.add([file]);
      resolve(undefined);
    }));
    end = async () => {
      if (recorder.state !== "inactive") recorder.stop();
      await added;
    };
    recorder.start();
    show(since);
    page.tell("Recording. Press the button again to stop, or press Send.", "");
    say("Recording");
  }

  if (button && format) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (end) return end();
      if (busy) return;
      busy = true;
      try {
        await begin(...format);
      } catch (error) {
        page.tell(trouble(error), "wrong");
      } finally {
        busy = false;
      }
    });
  }

  return {
    /** Ends the recording that runs, if any. Then the recording is a file of the message. */
    finish: () => end?.(),
  };
}

/** @param {unknown} error */
function trouble(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") return "The browser blocks the microphone: allow this page to use the microphone.";
  if (name === "NotFoundError") return "This device has no microphone.";
  return "The microphone cannot be used: perhaps another program uses the microphone.";
}

/** Minutes and seconds. @param {number} milliseconds */
function duration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
