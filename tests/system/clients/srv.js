// srv.js NAME prints what Node's resolveSrv finds, a record a line.
const dns = require('dns');

dns.promises.resolveSrv(process.argv[2]).then((found) => {
  for (const r of found) console.log(r.priority, r.weight, r.port, r.name);
}, (error) => {
  console.error(error.code, error.message);
  process.exit(1);
});
