/** The process of `StalledReaders`. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:http';

let responses = [];

async function openOne(url) {
  const [response] = await once(get(url, { agent: false }), 'response');
  response.pause();
  response.on('error', () => {});
  return response;
}

async function readToTheEnd(response) {
  const hash = createHash('sha256');
  for await (const piece of response) hash.update(piece);
  return hash.digest('hex');
}

process.on('message', async (told) => {
  if (told.open) {
    const { url, readers } = told.open;
    responses = await Promise.all(Array.from({ length: readers }, () => openOne(url)));
    process.send({ opened: true });
  } else if (told.read) {
    process.send({ digest: await readToTheEnd(responses.shift()) });
  } else {
    const dropped = responses.filter(({ socket }) => socket.destroyed).length;
    process.send({ dropped });
  }
});
