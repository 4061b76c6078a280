/** The longest side of an image that is sent: models look at no more. In pixels. */
const LONGEST_SIDE = 1536;

/** Half of what a request may bring in all (1 MB by default), in characters of its data URL. */
const LARGEST = 450_000;

/** What all images of a message may take: the rest is for its words. In characters. */
const LARGEST_TOGETHER = 950_000;

/** Whether images can be sent with one message. @param {readonly Picture[]} pictures */
export function fitsTogether(pictures) {
  return pictures.reduce((length, { url }) => length + url.length, 0) <= LARGEST_TOGETHER;
}

/**
 * An image to send, scaled down where it is large.
 *
 * @typedef {object} Picture
 * @property {string} name
 * @property {string} url a data URL
 */

/**
 * @param {File} file
 * @returns {Promise<Picture>}
 * @throws {Error} where the browser cannot read it
 */
export async function toPicture(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} is not an image that this browser can read`);
  });
  let scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  for (let quality = 0.9; ; quality -= 0.15, scale *= 0.75) {
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const mayBeClear = file.type === 'image/png' && quality > 0.85;
    const url = canvas.toDataURL(mayBeClear ? 'image/png' : 'image/jpeg', quality);
    if (url.length <= LARGEST || quality < 0.4) {
      bitmap.close();
      return { name: file.name || 'image', url };
    }
  }
}
