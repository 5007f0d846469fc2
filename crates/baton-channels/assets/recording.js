// @ts-check
// Records a voice message. The recording becomes a file of the message in the text field.

import { say } from "./announce.js";

/** The formats, best first, and the ending of the file for each. @type {[string, string][]} */
const FORMATS = [["audio/ogg;codecs=opus", "ogg"], ["audio/webm;codecs=opus", "webm"], ["audio/mp4", "m4a"]];

/** The longest recording, in milliseconds. */
const LONGEST = 15 * 60 * 1000;

/**
 * Shows the button where this browser can record.
 * @param {object} page
 * @param {(files: File[]) => void} page.add
 * @param {(words: string, mood: "" | "wrong") => void} page.tell
 */
export function offerRecording(page) {
  const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("record"));
  const can = "MediaRecorder" in globalThis && navigator.mediaDevices?.getUserMedia !== undefined;
  const format = can ? FORMATS.find(([type]) => MediaRecorder.isTypeSupported(type)) : undefined;
  if (!button || !format) return;
  const [mimeType, ending] = format;
  /** @type {MediaRecorder | null} */
  let recorder = null;
  let busy = false;

  /** @param {boolean} is */
  function show(is) {
    // The name stays the same, because screen readers read the state too.
    button?.setAttribute("aria-pressed", String(is));
    if (button) button.title = is ? "Stop recording" : "Record a voice message";
  }

  async function begin() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const recording = new MediaRecorder(stream, { mimeType });
    /** @type {Blob[]} */
    const parts = [];
    const end = setTimeout(() => recording.stop(), LONGEST);
    recording.addEventListener("dataavailable", ({ data }) => parts.push(data));
    recording.addEventListener("stop", () => {
      clearTimeout(end);
      for (const track of stream.getTracks()) track.stop();
      recorder = null;
      show(false);
      page.tell("", "");
      const file = new File(parts, `voice-message.${ending}`, { type: mimeType });
      if (file.size > 0) page.add([file]);
    });
    recording.start();
    recorder = recording;
    show(true);
    page.tell("Recording… Press the microphone again to stop.", "");
    say("Recording");
  }

  button.hidden = false;
  button.addEventListener("click", async () => {
    if (recorder) return recorder.stop();
    if (busy) return;
    busy = true;
    try {
      await begin();
    } catch {
      page.tell("The microphone cannot be used: allow this page to use the microphone.", "wrong");
    } finally {
      busy = false;
    }
  });
}
