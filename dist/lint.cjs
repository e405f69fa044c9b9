const output = process.env.GITHUB_OUTPUT;
if (output) require('node:fs').appendFileSync(output, 'outcome=not-run\n');
const {action, processLife} = require('./index.cjs');
Promise.all([action(), processLife()]).then(([{lint}, {end}]) => lint().then(end));
