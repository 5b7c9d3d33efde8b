// The feed on plain node:http: URLSearchParams, parseInt, JSON.stringify and XML by string templates.
'use strict';

const http = require('node:http');
const zlib = require('node:zlib');

// ---- an in-memory shop -------------------------------------------------------------------------

// A seeded generator, because Math.random() cannot be seeded and the products must be the same at every start.
function mulberry32(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = mulberry32(2027);
const words = ['chaise', 'Café crème', 'Müller & Söhne', 'lámpara', 'boîte <grande>', 'skis 🎿', 'mug', 'écran 27"'];

function crc32(buffer) {
  let crc = ~0;
  for (const byte of buffer) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

function chunk(type, body) {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(typed));
  return Buffer.concat([head, typed, tail]);
}

function png() {
  const row = () => [0, ...Array.from({ length: 6 }, () => Math.floor(random() * 256))];
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0])),
    chunk('IDAT', zlib.deflateSync(Buffer.from([...row(), ...row()]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

// 377 and 730 share no divisor, so the ids are unique and in no order.
const products = Array.from({ length: 730 }, (_, index) => {
  const id = 2000 + ((index * 377) % 730);
  const amount = random() < 0.05 ? 0 : 1 + Math.floor(random() * 4);
  const images = Array.from({ length: amount }, (_unused, n) => {
    const word = random() < 0.15 ? words[Math.floor(random() * words.length)] : `product-${id}`;
    return { sequence: n + 1, filename: `${word}-${n + 1}.png`, content: png() };
  });
  return { id, token: index + 1, images };
});

// ---- the service -------------------------------------------------------------------------------

const escapeXml = (text) =>
  String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

const attributes = (object) =>
  Object.entries(object)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');

function toXml({ product, warnings, ...rest }) {
  const items = product.map(({ product_id, imagesURL = [], images = { image: [] } }) => {
    const links = imagesURL.map((link) => `<imagesURL${attributes(link)} />`).join('');
    const binaries = images.image.map((image) => `<image${attributes(image)} />`).join('');
    return `<product product_id="${product_id}">${links}<images>${binaries}</images></product>`;
  });
  const notes = warnings.map((warning) => `<warnings>${escapeXml(warning)}</warnings>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<result${attributes(rest)}>${notes.join('')}${items.join('')}</result>`;
}

function describe({ id, images }, asUrl, host) {
  if (asUrl) {
    const imagesURL = images.map(({ sequence, filename }) => ({
      sequence,
      imagefilename: filename,
      imageURL: `http://${host}/images/${id}/${encodeURIComponent(filename)}`,
    }));
    return { product_id: id, imagesURL };
  }
  const image = images.map(({ sequence, filename, content }) => ({
    sequence,
    imagefilename: filename,
    binaryimage: content.toString('base64'),
  }));
  return { product_id: id, images: { image } };
}

function productImages(request, response, query) {
  const token = parseInt(query.get('token')) || 0;
  const count = Math.min(parseInt(query.get('count')) || 100, 500);
  const options = query.get('options') || '';

  const pending = products.filter((product) => product.token > token);
  const page = pending.slice(0, count);
  const result = {
    product: page.map((product) => describe(product, options.toUpperCase() === 'URL', request.headers.host)),
    token: page.length ? page[page.length - 1].token : token,
    count: page.length,
    queuecount: pending.length - page.length,
    returncode: 0,
    returnmsg: 'OK',
    warnings: [],
    version: '1.0',
  };
  const accept = request.headers.accept || '';
  if (accept.includes('application/xml') || accept.includes('text/xml')) {
    response.writeHead(200, { 'Content-Type': accept.includes('text/xml') ? 'text/xml' : 'application/xml' });
    response.end(toXml(result));
  } else {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(result));
  }
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  if (request.method === 'GET' && url.pathname === '/products/images') {
    return productImages(request, response, url.searchParams);
  }
  const [, folder, id, name] = url.pathname.split('/');
  const product = folder === 'images' && products.find((candidate) => candidate.id === Number(id));
  const image = product && product.images.find((candidate) => encodeURIComponent(candidate.filename) === name);
  if (image) {
    response.writeHead(200, { 'Content-Type': 'image/png' });
    return response.end(image.content);
  }
  response.writeHead(404, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify({ error: 'Not found' }));
});

server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
