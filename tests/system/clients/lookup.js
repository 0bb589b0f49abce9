// lookup.js FUNCTION NAME prints what that function of Node's `dns` finds: one
// value a line; of TXT records one string a line and "--" after each record.
const dns = require('dns');

const [, , how, name] = process.argv;
const options = how === 'lookup' ? [{ all: true, verbatim: true }] : [];

dns.promises[how](name, ...options).then((found) => {
  for (const value of found) {
    if (Array.isArray(value)) {
      value.forEach((string) => console.log(string));
      console.log('--');
    } else {
      console.log(value.address || value);
    }
  }
}, (error) => {
  console.error(error.code, error.message);
  process.exit(1);
});
