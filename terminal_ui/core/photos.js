// photos: pictures of goods, made small enough before they are sent.
// Exports: shrunk(file) → Blob of JPEG, at most 300 KiB; throws when the browser cannot read the file
//          shrinking   signal, how many are being made small: until none is, nothing is sent that may name one
import { signal } from "./view.js";

const SIDE_MAX = 1280, SIDE_MIN = 320, BYTES_MAX = 300 * 1024;
const QUALITIES = [0.85, 0.7, 0.5];

function drawn(picture, side) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const jpeg = (canvas, quality) => new Promise((done) => { canvas.toBlob(done, "image/jpeg", quality); });

export const shrinking = signal(0);

export async function shrunk(file) {
  shrinking.value += 1;
  try {
    return await small(file);
  } finally {
    shrinking.value -= 1;
  }
}

async function small(file) {
  const picture = await createImageBitmap(file);
  let best = null;
  for (let side = SIDE_MAX; side >= SIDE_MIN; side /= 2) {
    const canvas = drawn(picture, side);
    for (const quality of QUALITIES) {
      best = await jpeg(canvas, quality);
      if (best.size <= BYTES_MAX) return best;
    }
  }
  return best;
}
