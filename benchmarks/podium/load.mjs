// Load: so many connections ask for one page again and again for so many seconds. Prints one line of JSON.
//   node load.mjs '{"port": 8000, "path": "/", "headers": {...}, "connections": 16, "seconds": 2, "marks": ["..."]}'
import { connect } from "node:net";

const wanted = { path: "/", headers: {}, connections: 1, seconds: 2, marks: [], most: Infinity, ...JSON.parse(process.argv[2]) };
const fields = Object.entries({ Host: `localhost:${wanted.port}`, ...wanted.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
const question = `GET ${wanted.path} HTTP/1.1\r\n${fields.join("")}\r\n`;
const ends = performance.now() + wanted.seconds * 1000;
const spent = [];
const statuses = {};
const complete = Object.fromEntries(wanted.marks.map((mark) => [mark, 0]));
let failed = 0;
let bytes = 0;
let asked = 0;

/** How many bytes the response holds once it is whole; 0 until then. */
function length(data) {
  const head = data.indexOf("\r\n\r\n");
  if (head < 0) return 0;
  const said = /\r\ncontent-length: *(\d+)/i.exec(data.latin1Slice(0, head));
  if (said) return data.length >= head + 4 + Number(said[1]) ? head + 4 + Number(said[1]) : 0;
  return data.length >= head + 9 && data.latin1Slice(data.length - 5) === "0\r\n\r\n" ? data.length : 0;
}

function converse() {
  return new Promise((resolve) => {
    const socket = connect(wanted.port, "127.0.0.1");
    socket.setNoDelay(true);
    let pieces = [];
    let begun = 0;
    let over = false;
    const ask = () => {
      if (performance.now() >= ends || asked >= wanted.most) {
        over = true;
        socket.end();
        return resolve();
      }
      asked += 1;
      begun = performance.now();
      return socket.write(question);
    };
    socket.on("connect", ask);
    socket.on("data", (piece) => {
      pieces.push(piece);
      const data = pieces.length === 1 ? piece : Buffer.concat(pieces);
      if (!length(data)) {
        pieces = [data];
        return;
      }
      pieces = [];
      spent.push(performance.now() - begun);
      bytes += data.length;
      const status = data.latin1Slice(9, 12);
      statuses[status] = (statuses[status] ?? 0) + 1;
      for (const mark of wanted.marks) if (data.includes(mark)) complete[mark] += 1;
      if (!/\r\nconnection: *close/i.test(data.latin1Slice(0, data.indexOf("\r\n\r\n")))) return ask();
      over = true;
      socket.end();
      return resolve(performance.now() < ends ? converse() : undefined);
    });
    const lost = () => {
      if (over) return;
      over = true;
      failed += 1;
      resolve(performance.now() < ends ? converse() : undefined);
    };
    socket.on("error", lost);
    socket.on("close", lost);
  });
}

const started = performance.now();
await Promise.all(Array.from({ length: wanted.connections }, converse));
spent.sort((one, other) => one - other);
const at = (share) => spent[Math.min(spent.length - 1, Math.floor(spent.length * share))] ?? 0;
const seconds = (performance.now() - started) / 1000;
const result = { pages: spent.length, seconds, failed, statuses, complete, bytes, p50: at(0.5), p99: at(0.99), slowest: at(1) };
process.stdout.write(`${JSON.stringify(result)}\n`);
